/** Listens on a unix socket that only permitted users can open. */
import { chmod, chown, lstat, mkdir, readFile, unlink } from 'node:fs/promises';
import { createConnection, type Server } from 'node:net';
import path from 'node:path';
import { AppError, fromSystemError, systemCodeOf } from '../errors.ts';

export interface UnixSocketOptions {
  readonly mode: number;
  readonly group?: string;
}

/** Linux cuts a longer one, without an error. */
const longestPath = 107;

/** Why the path cannot be that of a socket. */
export function pathProblem(socket: string): string | undefined {
  if (Buffer.byteLength(socket) <= longestPath) return undefined;
  return `the path of a socket has at most ${String(longestPath)} bytes; name a shorter one`;
}

/**
 * Removes the socket of a dead daemon, but not that of a running one.
 * @throws AppError already-running where another process listens there
 */
export async function listenOnSocket(
  server: Server,
  socket: string,
  options: UnixSocketOptions,
): Promise<void> {
  const what = `cannot listen on "${socket}"`;
  const problem = pathProblem(socket);
  if (problem !== undefined) throw new AppError('usage', `${what}: ${problem}`);
  try {
    await mkdir(path.dirname(socket), { recursive: true });
    const groupId = options.group === undefined ? undefined : await groupIdOf(options.group);
    await removeStaleSocket(socket);
    await listenClosed(server, socket);
    if (groupId !== undefined) await chown(socket, -1, groupId);
    await chmod(socket, options.mode);
  } catch (error) {
    throw fromSystemError(what, error);
  }
}

/** Listens on an open socket, and does not change its file. @throws AppError */
export function listenOnDescriptor(server: Server, fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(fromSystemError(`cannot listen on file descriptor ${String(fd)}`, error)),
    );
    server.listen({ fd }, resolve);
  });
}

/** Listens on a socket that no other user can open until its mode is set. */
function listenClosed(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Node binds a unix socket within listen(), so the mask counts for this socket only.
    const mask = process.umask(0o177);
    try {
      server.listen(socket, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}

async function removeStaleSocket(socket: string): Promise<void> {
  const found = await lstat(socket).catch(ignoreMissing);
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new AppError(
      'io-failed',
      `cannot listen on "${socket}": it exists and is not a socket; it is left as it is`,
    );
  }
  if (await isAnswered(socket)) {
    throw new AppError(
      'already-running',
      `cannot listen on "${socket}": another process listens there; stop it first`,
    );
  }
  await unlink(socket).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): undefined {
  if (systemCodeOf(error) === 'ENOENT') return undefined;
  throw error;
}

function isAnswered(socket: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', (error) => {
      if (['ECONNREFUSED', 'ENOENT'].includes(systemCodeOf(error) ?? '')) resolve(false);
      else reject(error);
    });
  });
}

/** The number of a group. @throws AppError where there is no such group */
async function groupIdOf(name: string): Promise<number> {
  const id = await findGroupId(name);
  if (id !== undefined) return id;
  throw new AppError(
    'not-found',
    `cannot find the group "${name}": make it with "addgroup --system ${name}"`,
  );
}

/** The number of a group of /etc/group, or undefined. */
export async function findGroupId(name: string): Promise<number | undefined> {
  return (await groups()).find((group) => group.name === name)?.id;
}

/** The group of a socket, for people; undefined: it cannot be read. */
export async function groupOfSocket(socket: string): Promise<string | undefined> {
  const found = await lstat(socket).catch(() => undefined);
  if (found === undefined) return undefined;
  return (await groups()).find(({ id }) => id === found.gid)?.name ?? String(found.gid);
}

async function groups(): Promise<readonly { readonly name: string; readonly id: number }[]> {
  const text = await readFile('/etc/group', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [name = '', , id] = line.split(':');
    return id === undefined ? [] : [{ name, id: Number(id) }];
  });
}
