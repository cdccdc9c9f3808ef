import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { printable } from '../../../core/printable.ts';
import type { Commit } from '../../ports/source-tree.ts';

const run = promisify(execFile);

/**
 * Nothing of the repository or of the user's settings may start a program: no hooks, no file system
 * monitor, no signature check, no pager, and no transport, by which a partial clone would fetch an
 * object that it lacks.
 */
const quiet = [
  '--no-pager',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'log.showSignature=false',
  // Another user, such as git-sync's, may own the folder: git-config(1), safe.directory.
  '-c',
  'safe.directory=*',
];
const options = {
  timeout: 5000,
  maxBuffer: 4 * 1024 * 1024,
  env: {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  },
};
const longestAuthor = 120;

type Git = (...args: readonly string[]) => Promise<string>;

function gitIn(folder: string): Git {
  return async (...args) => (await run('git', ['-C', folder, ...quiet, ...args], options)).stdout;
}

/**
 * The last commit that changed the file, if the file has its committed content. undefined: it was
 * edited, the folder is no working tree, there is no git, or git does not answer in time.
 * @param name the path of the file below the folder
 */
export async function commitWith(
  text: string,
  folder: string,
  name: string,
): Promise<Commit | undefined> {
  const git = gitIn(folder);
  try {
    if ((await git('cat-file', 'blob', `HEAD:./${name}`)) !== text) return undefined;
    const format = '--format=%H%x00%an <%ae>';
    const line = await git('log', '-1', '--no-show-signature', '--no-ext-diff', format, '--', name);
    const [id = '', author = ''] = line.trimEnd().split('\0');
    if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(id)) return undefined;
    return { id, author: printable(author).slice(0, longestAuthor) };
  } catch {
    return undefined;
  }
}

/**
 * Whether the working tree is at this commit or at a later one. False also where git cannot say it.
 * @param id the first digits of a commit
 */
export async function isPast(id: string, folder: string): Promise<boolean> {
  return gitIn(folder)('merge-base', '--is-ancestor', id, 'HEAD').then(
    () => true,
    () => false,
  );
}
