/** Where the database's operations run: on a thread of their own, or, for tests, on this one. */
import type { ErrorCode } from '../../../runtime/errors.ts';
import type { DatabaseStore } from './database-store.ts';

/** The log is emptied where the operations run, after each transaction. */
type Operation = Exclude<keyof DatabaseStore, 'emptyLog'>;
type InputOf<O extends Operation> = Parameters<DatabaseStore[O]>[0];

export type StoreQuestion = {
  [O in Operation]: { readonly operation: O; readonly input: InputOf<O> };
}[Operation];

export type StoreAnswer =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryable: boolean;
    };

/** The operations of the database, which do not hold up this event loop. */
export type DatabaseHost = {
  [O in Operation]: (
    ...input: Parameters<DatabaseStore[O]>
  ) => Promise<ReturnType<DatabaseStore[O]>>;
};

/** @param file the file of the store */
export type OpenHost = (file: string) => DatabaseHost;
