/** A stand-in for a machine: its own folders, the built programs under their names, no sudo. */
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export interface ScratchMachine {
  readonly folder: string;
  /** Path of a folder of the machine: `/run/calico-agent` below the scratch folder. */
  at(file: string): string;
  /**
   * Runs a block as if a person pasted it, except that it ends with the first command that fails.
   * @returns all of its output, with the paths of the text
   * @throws Error with all of its output
   */
  paste(text: string, options: PasteOptions): Promise<string>;
  remove(): Promise<void>;
}

interface PasteOptions {
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The fixed paths of the documents, which others may use on this machine. */
const machineFolders =
  /(?<![\w./-])\/(tmp|run\/calico-agent|etc\/calico-agent|var\/lib\/calico-agent)(?=\/)/g;

export async function makeScratchMachine(): Promise<ScratchMachine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-docs-'));
  const at = (file: string): string => path.join(folder, file);
  for (const one of ['bin', 'tmp', 'run/calico-agent', 'etc/calico-agent', 'work', 'home']) {
    await mkdir(at(one), { recursive: true });
  }
  const program = (name: string): string =>
    `exec "${process.execPath}" "${path.resolve(`dist/${name}.js`)}" "$@"`;
  const shims = {
    'calico-agent': program('calico-agent'),
    'calico-controller': program('calico-controller'),
    sudo: 'exec "$@"',
  };
  for (const [name, line] of Object.entries(shims)) {
    await writeFile(at(`bin/${name}`), `#!/bin/sh\n${line}\n`);
    await chmod(at(`bin/${name}`), 0o755);
  }
  return {
    folder,
    at,
    paste: async (text, options) => {
      const printed = await paste(text.replaceAll(machineFolders, `${folder}/$1`), at, options);
      return printed.replaceAll(`${folder}/`, '/');
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Shorter than the test's own limit, so that the error has the output of the block. */
const blockSeconds = 270;

async function paste(
  text: string,
  at: ScratchMachine['at'],
  { folder, environment = {} }: PasteOptions,
): Promise<string> {
  const env = {
    ...process.env,
    HOME: at('home'),
    PATH: `${at('bin')}:${process.env['PATH'] ?? ''}`,
    ...environment,
  };
  // Job control, because blocks say kill %1. What they leave running has ended when the shell ends:
  // the next block may use the same folders.
  const script = `exec 2>&1\nset -em\ntrap 'kill $(jobs -p) 2>/dev/null || :; wait' EXIT\n${text}`;
  const shell = spawn('timeout', ['--kill-after=10', String(blockSeconds), 'bash', '-c', script], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    // Without a terminal of its own, bash would compete with this process for ours.
    detached: true,
  });
  let printed = '';
  shell.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  const status = await new Promise((resolve) => {
    shell.on('exit', resolve);
  });
  shell.stdout.destroy();
  if (status !== 0) throw new Error(`the block ended with ${String(status)}:\n${printed}`);
  return printed;
}

/** Builds dist/ anew: the programs in the form that people have. */
export async function buildPrograms(): Promise<void> {
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'build/bundle.ts']);
}
