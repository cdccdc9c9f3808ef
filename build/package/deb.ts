/** A staged folder becomes a .deb. The same input gives the same bytes (SOURCE_DATE_EPOCH). */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Architecture } from './node-runtime.ts';
import type { PackageContents } from './stage.ts';
import { run } from './run.ts';

export interface DebOptions {
  readonly folder: string;
  readonly version: string;
  readonly architecture: Architecture;
  readonly out: string;
  readonly epoch: number;
  /** The level of zstd. */
  readonly level: number;
}

const scripts = ['preinst', 'postinst', 'prerm', 'postrm'];
const descriptions: Readonly<Record<PackageContents['name'], string>> = {
  'calico-agent': `Calico BGP and IP pools of a node, as one configuration says
 Runs on every node of a Kubernetes cluster with Calico, beside what installed
 Calico. A change is shown before it is made, and made whole or not at all.
 With its own Node.js runtime.`,
  'calico-controller': `One Calico network configuration for the agents of a cluster
 Brings a configuration to the calico-agent of every node and says how it went.
 With its own Node.js runtime.`,
};

/** @returns the file */
export async function buildDeb(
  name: PackageContents['name'],
  options: DebOptions,
): Promise<string> {
  const { folder, version, architecture, out, epoch, level } = options;
  const control = path.join(folder, 'DEBIAN');
  const files = await filesIn(folder);
  const conffiles = files.filter((file) => file.startsWith('etc/'));
  await mkdir(control);
  await chmod(control, 0o755);
  await put(path.join(control, 'control'), await controlText(name, options, files));
  if (conffiles.length > 0) {
    await put(path.join(control, 'conffiles'), conffiles.map((file) => `/${file}\n`).join(''));
  }
  await put(path.join(control, 'md5sums'), await checksums(folder, files));
  for (const script of scripts) {
    const source = new URL(`deb/${name}.${script}`, import.meta.url);
    const text = (await readFile(source, 'utf8')).replaceAll('@VERSION@', version);
    await put(path.join(control, script), text, 0o755);
  }
  const file = path.join(out, `${name}_${version}_${architecture}.deb`);
  await mkdir(out, { recursive: true });
  const compression = ['-Zzstd', `-z${String(level)}`, '--root-owner-group'];
  await run('dpkg-deb', [...compression, '--build', folder, file], {
    ...process.env,
    SOURCE_DATE_EPOCH: String(epoch),
  });
  return file;
}

async function controlText(
  name: PackageContents['name'],
  { folder, version, architecture }: DebOptions,
  files: readonly string[],
): Promise<string> {
  let bytes = 0;
  for (const file of files) bytes += (await readFile(path.join(folder, file))).length;
  return `Package: ${name}
Version: ${version}
Architecture: ${architecture}
Maintainer: The calico-agent authors <calico-agent@localhost>
Installed-Size: ${String(Math.ceil(bytes / 1024))}
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1, perl-base, init-system-helpers (>= 1.54)
Recommends: systemd, ca-certificates
Section: net
Priority: optional
Description: ${descriptions[name]}
`;
}

async function checksums(folder: string, files: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const file of files) {
    const content = await readFile(path.join(folder, file));
    lines.push(`${createHash('md5').update(content).digest('hex')}  ${file}\n`);
  }
  return lines.join('');
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

async function put(file: string, text: string, mode = 0o644): Promise<void> {
  await writeFile(file, text);
  await chmod(file, mode);
}
