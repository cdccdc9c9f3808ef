/**
 * The process at the other end of a unix socket, from the kernel (SO_PEERCRED, unix(7)). Node
 * cannot read this, so perl does, which every Debian and Ubuntu has (perl-base is essential there)
 * and which inherits the connection for a moment. This is done only for changes; without perl it is
 * not known.
 */
import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { createLimit } from '../pacing/limit.ts';

/** As the kernel translates them for this process: users of another user namespace are 65534. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

const perl = '/usr/bin/perl';
const solSocket = 1;
/** asm/socket.h */
const soPeercred = process.arch === 'ppc64' ? 21 : 17;
const program = `open(my $s, "+<&=", 3) or exit 1;
my $c = getsockopt($s, ${String(solSocket)}, ${String(soPeercred)}) or exit 1;
print join(" ", unpack("lLL", $c));`;
/** For the turn and the answer. */
const deadlineMs = 5000;
const limit = createLimit(4);

/**
 * To be called while the connection is open; it waits for its turn while others are asked about.
 * Never rejects. @returns undefined: not known
 */
export async function peerCredentials(connection: Duplex): Promise<PeerCredentials | undefined> {
  if (descriptorOf(connection) === undefined) return undefined;
  const latest = performance.now() + deadlineMs;
  const ask = async (): Promise<PeerCredentials | undefined> => {
    const restMs = latest - performance.now();
    // Read again, because the connection may have ended meanwhile, and its number may be another's.
    const fd = descriptorOf(connection);
    return fd === undefined || restMs <= 0 ? undefined : askPerl(fd, restMs);
  };
  // A process that cannot be started may be told by an exception.
  return limit.run(ask).catch(() => undefined);
}

/**
 * The child has its own copy of the descriptor when `spawn` returns, so a later close does not
 * matter.
 */
function askPerl(fd: number, withinMs: number): Promise<PeerCredentials | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const child = spawn(perl, ['-e', program], {
      cwd: '/',
      env: {},
      stdio: ['ignore', 'pipe', 'ignore', fd],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
    child.stdout?.setEncoding('latin1').on('data', (chunk: string) => {
      text = (text + chunk).slice(0, 100);
    });
    const end = (): void => {
      clearTimeout(timer);
      resolve(parseCredentials(text));
    };
    child.once('error', end);
    child.once('close', end);
  });
}

function parseCredentials(text: string): PeerCredentials | undefined {
  const numbers = /^(\d{1,10}) (\d{1,10}) (\d{1,10})$/.exec(text);
  if (numbers === null) return undefined;
  const [, pid, uid, gid] = numbers.map(Number);
  return pid === undefined || uid === undefined || gid === undefined
    ? undefined
    : { pid, uid, gid };
}

/** The file descriptor, which Node has, but does not document. */
function descriptorOf(connection: Duplex): number | undefined {
  if (connection.destroyed) return undefined;
  const handle: unknown = Reflect.get(connection, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
