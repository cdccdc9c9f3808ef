/** The database on a thread of its own, so that no disk holds up the event loop. */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { OpenHost, StoreAnswer, StoreQuestion } from './database-host.ts';

interface Waiting {
  /** When it was asked, in ms of the monotonic clock. */
  readonly sinceMs: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** How long an operation may wait for its answer before no further ones are taken. */
const patienceMs = 60_000;

/** On a thread, which starts with the first operation, and again after it has died. */
export function hostOnThread(program: URL): OpenHost {
  return (file) => {
    let thread: Thread | undefined;
    let closing: Promise<void> | undefined;
    const ask = async <T>(question: StoreQuestion): Promise<T> => {
      // A new thread would use the file without the lock of its folder.
      if (closing !== undefined) throw refusal('not-ready', file, 'the program is about to end');
      if (thread === undefined || thread.hasEnded()) thread = startThread(program, file);
      if (thread.waitsMs() > patienceMs) {
        throw refusal('io-failed', file, 'the disk has not answered for a minute');
      }
      return thread.ask<T>(question);
    };
    return {
      isThere: () => ask({ operation: 'isThere', input: undefined }),
      create: (input) => ask({ operation: 'create', input }),
      get: (input) => ask({ operation: 'get', input }),
      list: (input) => ask({ operation: 'list', input }),
      page: (input) => ask({ operation: 'page', input }),
      copyTo: (input) => ask({ operation: 'copyTo', input }),
      commit: (input) => ask({ operation: 'commit', input }),
      close: () => (closing ??= endOf(thread)),
    };
  };
}

async function endOf(thread: Thread | undefined): Promise<void> {
  if (thread === undefined || thread.hasEnded()) return;
  await thread.ask({ operation: 'close', input: undefined });
  await thread.ended;
}

function refusal(code: 'not-ready' | 'io-failed', file: string, reason: string): AppError {
  return new AppError(code, `cannot use the store "${file}": ${reason}`, { retryable: true });
}

interface Thread {
  ask<T>(question: StoreQuestion): Promise<T>;
  hasEnded(): boolean;
  /** How long the oldest question has waited for its answer. */
  waitsMs(): number;
  readonly ended: Promise<void>;
}

/**
 * V8 compiles each function of SQLite, which is WebAssembly, once, and none of them again with its optimizing compiler.
 * That would take half a second of CPU time on other threads while a fleet comes back, and SQLite is hardly faster
 * then: most of its time are calls of the system and conversions of texts.
 */
function compileOnce(): void {
  for (const flag of ['--no-wasm-dynamic-tiering', '--no-wasm-tier-up']) setFlagsFromString(flag);
}

function startThread(program: URL, file: string): Thread {
  compileOnce();
  const worker = new Worker(program, { workerData: file });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let hasEnded = false;
  let reason = 'its thread has ended';
  worker.on('message', ({ id, answer }: { id: number; answer: StoreAnswer }) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (answer.ok) asked?.resolve(answer.value);
    else asked?.reject(new AppError(answer.code, answer.message, { retryable: answer.retryable }));
  });
  worker.on('error', (error) => {
    reason = reasonOf(error);
  });
  const ended = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      hasEnded = true;
      for (const { reject } of waiting.values()) {
        reject(refusal('io-failed', file, reason));
      }
      waiting.clear();
      resolve();
    });
  });
  return {
    ask: <T>(question: StoreQuestion) =>
      new Promise<T>((resolve, reject) => {
        last += 1;
        waiting.set(last, { sinceMs: performance.now(), resolve, reject });
        worker.postMessage({ id: last, question }, []);
      }),
    hasEnded: () => hasEnded,
    waitsMs: () => {
      const [oldest] = waiting.values();
      return oldest === undefined ? 0 : performance.now() - oldest.sinceMs;
    },
    ended,
  };
}
