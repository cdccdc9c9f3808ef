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
  // The repository may ask git to hold large objects in memory, and whole packs.
  '-c',
  'core.bigFileThreshold=1m',
  '-c',
  'core.packedGitWindowSize=16m',
  '-c',
  'core.packedGitLimit=128m',
];
/**
 * Trees, commits and deltas are read in memory, however large they are: git must not take the memory of the
 * controller, with which it shares a limit. The files that it maps do not count: those of a large repository take
 * hundreds of megabytes. Where the limit cannot be set, git runs without.
 */
const limited = 'ulimit -d 524288 2>/dev/null; exec git "$@"';
const options = { timeout: 5000, maxBuffer: 4 * 1024 * 1024 };
function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
  };
}
const longestAuthor = 120;

type Git = (...args: readonly string[]) => Promise<string>;

function gitIn(folder: string): Git {
  return async (...args) => {
    const git = ['-c', limited, 'git', '-C', folder, ...quiet, ...args];
    return (await run('/bin/sh', git, { ...options, env: environment() })).stdout;
  };
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
    const committed = `HEAD:./${name}`;
    // The text is bounded; a blob in the repository is not.
    const size = Number(await git('cat-file', '-s', committed));
    if (size !== Buffer.byteLength(text)) return undefined;
    if ((await git('cat-file', 'blob', committed)) !== text) return undefined;
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
