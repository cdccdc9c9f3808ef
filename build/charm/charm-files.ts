/** The files of the charm: what lies in charm/, the hook program with its links, and the actions. */
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { yamlText } from '../../core/yaml-text.ts';
import { actionScript, actions, describeAction } from './actions.ts';
import { hookNames } from './hooks.ts';
import type { ZipEntry } from './zip.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const programMode = 0o755;
const fileMode = 0o644;
const modes = { program: 0o100755, file: 0o100644, link: 0o120777 } as const;

export type CharmFile =
  | { readonly name: string; readonly link: string }
  | { readonly name: string; readonly content: Buffer; readonly isProgram: boolean };

/** @param packages of the agent, for the install hook */
export async function charmFiles(packages: readonly string[]): Promise<readonly CharmFile[]> {
  const plain = ['metadata.yaml', 'config.yaml', 'manifest.yaml', 'README.md', 'icon.svg'];
  const relations = await relationNames();
  return [
    ...(await Promise.all(plain.map((name) => copied(name, path.join(root, 'charm', name))))),
    await copied('copyright', path.join(root, 'LICENSE')),
    made('actions.yaml', actionsYaml(), false),
    await copied('hooks/hook', path.join(root, 'hooks/hook'), true),
    ...hookNames(relations).map((name) => ({ name: `hooks/${name}`, link: 'hook' })),
    ...actions.map((action) =>
      action.command === undefined
        ? { name: `actions/${action.name}`, link: '../hooks/hook' }
        : made(`actions/${action.name}`, actionScript(action), true),
    ),
    ...(await Promise.all(packages.map((file) => copied(`packages/${path.basename(file)}`, file)))),
  ];
}

function actionsYaml(): string {
  return yamlText(
    Object.fromEntries(actions.map((action) => [action.name, describeAction(action)])),
  );
}

async function relationNames(): Promise<readonly string[]> {
  const text = await readFile(path.join(root, 'charm/metadata.yaml'), 'utf8');
  const metadata: { readonly requires: Readonly<Record<string, unknown>> } = parse(text);
  return Object.keys(metadata.requires);
}

async function copied(name: string, from: string, isProgram = false): Promise<CharmFile> {
  return { name, content: await readFile(from), isProgram };
}

function made(name: string, text: string, isProgram: boolean): CharmFile {
  return { name, content: Buffer.from(text), isProgram };
}

export function zipEntry(file: CharmFile): ZipEntry {
  if ('link' in file) {
    return { name: file.name, content: Buffer.from(file.link), mode: modes.link };
  }
  const { name, content, isProgram } = file;
  return { name, content, mode: isProgram ? modes.program : modes.file };
}

export async function writeFolder(folder: string, contents: readonly CharmFile[]): Promise<void> {
  for (const file of contents) {
    const target = path.join(folder, file.name);
    await mkdir(path.dirname(target), { recursive: true });
    if ('link' in file) await symlink(file.link, target);
    else {
      await writeFile(target, file.content);
      await chmod(target, file.isProgram ? programMode : fileMode);
    }
  }
}
