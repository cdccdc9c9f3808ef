/** A BIRD 1.6 in a namespace, and the two commands on its control socket that the lab needs. */
import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Family } from '../calico/calico-state.ts';
import type { Namespaces } from '../network/namespaces.ts';

const run = promisify(execFile);

export interface BirdFiles {
  readonly config: string;
  readonly socket: string;
}

export function birdFiles(folder: string, family: Family): BirdFiles {
  const name = programOf(family);
  return { config: path.join(folder, `${name}.cfg`), socket: path.join(folder, `${name}.ctl`) };
}

function programOf(family: Family): string {
  return family === 4 ? 'bird' : 'bird6';
}

/**
 * In a time namespace of its own, ahead by a part of a second: BIRD 1.6 counts whole seconds, and
 * with one clock for all of them their timers would run in step, unlike on separate machines.
 * @param recovers as calico-node starts it: it leaves the kernel's routes until its sessions are
 * back
 */
export async function startBird(
  namespaces: Namespaces,
  name: string,
  folder: string,
  family: Family,
  recovers: boolean,
): Promise<void> {
  const { config, socket } = birdFiles(folder, family);
  const bird = [programOf(family), '-f', '-c', config, '-s', socket, ...(recovers ? ['-R'] : [])];
  const log = openSync(path.join(folder, `${programOf(family)}.log`), 'a');
  const started = spawn(
    'ip',
    [
      ...['netns', 'exec', namespaces.fullName(name)],
      ...['perl', '-e', inOwnClock, String(unshareCall), String(randomInt(1_000_000_000)), ...bird],
    ],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  await once(started, 'exit');
}

/** The number of unshare(2); unshare(1) only knows whole seconds. */
const unshareCall = process.arch === 'arm64' ? 97 : 272;

/** Forks, because only the children of a process enter the time namespace that it made. */
const inOwnClock = `
  my ($unshare, $nanoseconds, @bird) = map { /^\\d+$/ ? $_ + 0 : $_ } @ARGV;
  if (syscall($unshare, 0x80) == 0) {
    open(my $offsets, '>', '/proc/self/timens_offsets') or die $!;
    print $offsets "monotonic 0 $nanoseconds\\n";
    close($offsets) or die $!;
  }
  exit if fork;
  exec @bird or die $!;`;

/** Undefined: BIRD would accept it; else its reason. */
export async function refusalOf(config: string, family: Family): Promise<string | undefined> {
  return run(programOf(family), ['-p', '-c', config]).then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

/** @returns BIRD's answer to it, without waiting for its execution */
export async function configure({ socket }: BirdFiles): Promise<string> {
  return (await ask(socket, 'configure', /^(0003|0004|0018|[89]\d{3}) /m)).trim();
}

export interface ShownSession {
  readonly name: string;
  readonly isEstablished: boolean;
  /** In BIRD's own form. */
  readonly line: string;
}

export async function showSessions({ socket }: BirdFiles): Promise<readonly ShownSession[]> {
  const answer = await ask(socket, 'show protocols', /^(0000|[89]\d{3}) ?/m);
  return answer.split('\n').flatMap((line) => {
    const [name = '', protocol, ...rest] = line.replace(/^(\d{4}-| )/, '').split(/\s+/);
    if (protocol !== 'BGP') return [];
    return [{ name, isEstablished: rest.includes('Established'), line: line.trim() }];
  });
}

async function ask(socket: string, question: string, end: RegExp): Promise<string> {
  const connection = net.connect({ path: socket }).setEncoding('utf8');
  connection.setTimeout(10_000, () => connection.destroy(new Error(`${socket} does not answer`)));
  let answer = '';
  let isGreeted = false;
  connection.on('data', (text: string) => {
    answer += text;
    if (!isGreeted && answer.includes('\n')) {
      isGreeted = true;
      answer = '';
      connection.write(`${question}\n`);
    } else if (isGreeted && end.test(answer)) connection.end();
  });
  await once(connection, 'close');
  return answer;
}
