/** The database on a thread of its own, so that no disk holds up the event loop. */
import { Worker } from 'node:worker_threads';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { OpenHost, StoreAnswer, StoreQuestion } from './database-host.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** On a thread, which starts with the first operation, and again after it has died. */
export function hostOnThread(program: URL): OpenHost {
  return (file) => {
    let thread: Thread | undefined;
    const ask = async <T>(question: StoreQuestion): Promise<T> => {
      if (thread === undefined || thread.hasEnded()) thread = startThread(program, file);
      return thread.ask<T>(question);
    };
    return {
      isThere: () => ask({ operation: 'isThere', input: undefined }),
      create: (input) => ask({ operation: 'create', input }),
      get: (input) => ask({ operation: 'get', input }),
      list: (input) => ask({ operation: 'list', input }),
      commit: (input) => ask({ operation: 'commit', input }),
      close: async () => {
        if (thread === undefined || thread.hasEnded()) return;
        await ask({ operation: 'close', input: undefined });
        await thread.ended;
      },
    };
  };
}

interface Thread {
  ask<T>(question: StoreQuestion): Promise<T>;
  hasEnded(): boolean;
  readonly ended: Promise<void>;
}

function startThread(program: URL, file: string): Thread {
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
        reject(
          new AppError('io-failed', `cannot use the store "${file}": ${reason}`, {
            retryable: true,
          }),
        );
      }
      waiting.clear();
      resolve();
    });
  });
  return {
    ask: <T>(question: StoreQuestion) =>
      new Promise<T>((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        worker.postMessage({ id: last, question }, []);
      }),
    hasEnded: () => hasEnded,
    ended,
  };
}
