/** The thread of the embedded store: carries out one operation after the other. */
import type { MessagePort } from 'node:worker_threads';
import { AppError } from '../../../runtime/errors.ts';
import type { StoreAnswer, StoreQuestion } from './database-host.ts';
import { createDatabaseStore, type DatabaseStore } from './database-store.ts';

/** @param file the file of the store */
export function serveDatabase(file: string, port: MessagePort): void {
  const store = createDatabaseStore(file);
  port.on('message', ({ id, question }: { id: number; question: StoreQuestion }) => {
    const answer = answerTo(store, question);
    port.postMessage({ id, answer });
    // The one who asked goes on meanwhile: what is in the log is on disk.
    if (question.operation === 'commit') store.emptyLog();
    if (question.operation === 'close') port.close();
  });
}

function answerTo(store: DatabaseStore, question: StoreQuestion): StoreAnswer {
  try {
    return { ok: true, value: perform(store, question) };
  } catch (error) {
    const { code, message, retryable } =
      error instanceof AppError ? error : new AppError('internal', String(error));
    return { ok: false, code, message, retryable };
  }
}

function perform(store: DatabaseStore, question: StoreQuestion): unknown {
  switch (question.operation) {
    case 'isThere':
      return store.isThere();
    case 'create':
      return store.create(question.input);
    case 'get':
      return store.get(question.input);
    case 'list':
      return store.list(question.input);
    case 'page':
      return store.page(question.input);
    case 'copyTo':
      return store.copyTo(question.input);
    case 'commit':
      return store.commit(question.input);
    case 'close':
      return store.close();
  }
}
