/** The files of a package, in their places on a machine. */
import { chmod, cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { unpackNode, type Architecture } from './node-runtime.ts';
import { programPage, settingsPage } from './man-pages.ts';
import { run } from './run.ts';

export interface PackageContents {
  readonly name: 'calico-agent' | 'calico-controller';
  readonly units: readonly string[];
  readonly hasSettings: boolean;
  /** Programs beside the one that the package is named after: from systemd/ to the package's own folder. */
  readonly programs: readonly string[];
  /** Where from, where to. */
  readonly others: readonly (readonly [string, string])[];
}

export interface Staging {
  readonly root: string;
  /** The bundled programs. */
  readonly dist: string;
  readonly folder: string;
  readonly architecture: Architecture;
  /** The date of the pages, YYYY-MM-DD. */
  readonly date: string;
}

export async function stagePackage(contents: PackageContents, staging: Staging): Promise<void> {
  const { root, dist, folder, architecture } = staging;
  const { name } = contents;
  const at = (file: string): string => path.join(folder, file);
  const lib = `usr/lib/${name}`;
  await unpackNode(architecture, at(lib));
  await cp(dist, at(`${lib}/dist`), { recursive: true });
  for (const program of contents.programs) {
    await copy(path.join(root, 'systemd', program), at(`${lib}/${program}`));
  }
  await put(at(`${lib}/package.json`), '{ "type": "module" }\n');
  await put(at(`usr/bin/${name}`), launcher(name));
  for (const unit of contents.units) {
    await copy(path.join(root, 'systemd', unit), at(`usr/lib/systemd/system/${unit}`));
  }
  await copy(
    path.join(root, `systemd/${name}.sysusers.conf`),
    at(`usr/lib/sysusers.d/${name}.conf`),
  );
  for (const [from, to] of contents.others) await copy(path.join(root, from), at(to));
  await stageDocuments(contents, staging);
  const programs = ['node', ...contents.programs].map((program) => `${lib}/${program}`);
  await setModes(folder, new Set([`usr/bin/${name}`, ...programs]));
}

async function stageDocuments(
  { name, hasSettings }: PackageContents,
  { root, dist, folder, date }: Staging,
): Promise<void> {
  const at = (file: string): string => path.join(folder, file);
  const program = path.join(dist, `${name}.js`);
  await putGzipped(at(`usr/share/man/man1/${name}.1.gz`), await programPage(name, program, date));
  if (hasSettings) {
    await putGzipped(at('usr/share/man/man5/calico-agent.yaml.5.gz'), settingsPage(date));
  }
  const doc = `usr/share/doc/${name}`;
  await putGzipped(
    at(`${doc}/changelog.gz`),
    await readFile(path.join(root, 'CHANGELOG.md'), 'utf8'),
  );
  const documents = (await readdir(path.join(root, 'docs'))).filter((one) => one.endsWith('.md'));
  for (const one of documents) await copy(path.join(root, 'docs', one), at(`${doc}/${one}`));
  const license = await readFile(path.join(root, 'LICENSE'), 'utf8');
  const node = await readFile(at(`usr/lib/${name}/LICENSE`), 'utf8');
  await put(at(`${doc}/copyright`), `${license}\nThe Node.js runtime in this package:\n\n${node}`);
  await rm(at(`usr/lib/${name}/LICENSE`));
  const places = {
    bash: `usr/share/bash-completion/completions/${name}`,
    zsh: `usr/share/zsh/vendor-completions/_${name}`,
    fish: `usr/share/fish/vendor_completions.d/${name}.fish`,
  };
  for (const [shell, place] of Object.entries(places)) {
    await put(at(place), await run(process.execPath, [program, 'completion', shell]));
  }
}

function launcher(name: string): string {
  return `#!/bin/sh\nexec /usr/lib/${name}/node /usr/lib/${name}/dist/${name}.js "$@"\n`;
}

async function put(file: string, content: string | Buffer): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function putGzipped(file: string, text: string): Promise<void> {
  await put(file, gzipSync(text, { level: 9 }));
}

async function copy(from: string, to: string): Promise<void> {
  await put(to, await readFile(from));
}

/** Independent of the umask of the person who builds. */
async function setModes(folder: string, programs: ReadonlySet<string>): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const isOpen = entry.isDirectory() || programs.has(path.relative(folder, file));
    await chmod(file, isOpen ? 0o755 : 0o644);
  }
  await chmod(folder, 0o755);
}
