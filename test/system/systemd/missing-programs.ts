import { access } from 'node:fs/promises';
import path from 'node:path';

const packages: Readonly<Record<string, string>> = {
  lxc: 'lxd-client',
  'dpkg-deb': 'dpkg-dev',
};

export interface MissingProgram {
  readonly what: string;
  /** The Debian package that has it. */
  readonly from: string;
}

export async function missingPrograms(
  names: readonly string[],
): Promise<readonly MissingProgram[]> {
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
