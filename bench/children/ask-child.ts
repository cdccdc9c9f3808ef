/** The side of the parent: starts a program of these benchmarks in a process, and asks it. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ChildProgram } from './bundle-children.ts';

export interface Question {
  readonly id: number;
  readonly command: string;
  readonly input: unknown;
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: string;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface Child {
  readonly process: ChildProcess;
  ask<T>(command: string, input?: unknown): Promise<T>;
  /** As kill -9. */
  kill(): Promise<void>;
}

interface ChildOptions {
  /** Options of node. */
  readonly flags?: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function startChild(
  programs: string,
  program: ChildProgram,
  { flags = [], env = {} }: ChildOptions = {},
): Promise<Child> {
  const file = path.join(programs, `${program}.js`);
  const child = fork(file, [], {
    execArgv: ['--expose-gc', ...flags],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let isKilled = false;
  child.on('message', ({ id, value, failure }: Answer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (failure === undefined) asked?.resolve(value);
    else asked?.reject(new Error(failure));
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`${program} has ended`));
  });
  return {
    process: child,
    ask: <T>(command: string, input: unknown = null) =>
      new Promise<T>((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        const question: Question = { id: last, command, input };
        child.send(question);
      }),
    kill: async () => {
      if (isKilled || child.exitCode !== null) return;
      isKilled = true;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
