import { access } from 'node:fs/promises';
import path from 'node:path';
import { lacks } from '../../support/skips/needs.cjs';

const packages: Readonly<Record<string, string>> = {
  lxc: 'lxd-client',
  'dpkg-deb': 'dpkg-dev',
};

/** Records the programs that this machine lacks for a Debian with systemd in a container of LXD. */
export async function canStartContainer(): Promise<boolean> {
  const missing = await missingPrograms(['lxd', 'lxc', 'debootstrap', 'dpkg-deb']);
  for (const { what, from } of missing) lacks(what, from, 'lxd');
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) lacks('root', undefined, 'lxd');
  return isRoot && missing.length === 0;
}

interface MissingProgram {
  readonly what: string;
  /** The Debian package that has it. */
  readonly from: string;
}

async function missingPrograms(names: readonly string[]): Promise<readonly MissingProgram[]> {
  const folders = (process.env['PATH'] ?? '').split(':');
  const found = await Promise.all(
    names.map(async (name) => {
      const places = folders.map((folder) =>
        access(path.join(folder, name)).then(
          () => true,
          () => false,
        ),
      );
      return (await Promise.all(places)).includes(true);
    }),
  );
  return names
    .filter((_name, index) => found[index] !== true)
    .map((name) => ({ what: `the program ${name}`, from: packages[name] ?? name }));
}
