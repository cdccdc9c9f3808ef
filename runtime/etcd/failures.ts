/** What etcd's client throws, as one of the family; by its classes, not by its messages. */
import {
  ClientClosedError,
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  EtcdPermissionDeniedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCFailedPreconditionError,
  GRPCInternalError,
  GRPCInvalidArgumentError,
  GRPCOutOfRangeError,
  GRPCResourceExhastedError,
  GRPCUnavailableError,
  GRPCUnauthenticatedError,
  GRPCUnknownError,
} from 'etcd3';
import { printable } from '../../core/printable.ts';
import { AppError, reasonOf } from '../errors.ts';
import type { Transaction } from './keys.ts';

const maxReason = 300;

const away = [
  ClientClosedError,
  GRPCCancelledError,
  GRPCDeadlineExceededError,
  GRPCInternalError,
  GRPCUnavailableError,
  GRPCUnknownError,
];

/** No answer came, or none that says what became of the call: another endpoint may do better. */
export function isAway(error: unknown): boolean {
  return away.some((kind) => error instanceof kind);
}

/** @param where the endpoint, or all that were asked */
export function failureOf(error: unknown, where: string): AppError {
  if (error instanceof AppError) return error;
  return new AppError('datastore-failed', `cannot use etcd at ${where}: ${textOf(error)}`, {
    cause: error,
    retryable: true,
  });
}

/** etcd does not say in a code which limit a transaction is above: what is known of it says more. */
export function refusedTransaction(
  cause: unknown,
  { compares, writes, otherwise }: Transaction,
  where: string,
  alarms: readonly string[],
): AppError {
  const refused = (reason: string, retryable: boolean): AppError =>
    new AppError('datastore-failed', `cannot use etcd at ${where}: ${reason}`, {
      cause,
      retryable,
    });
  if (alarms.includes('NOSPACE')) {
    const mend =
      'compact and defragment it, raise --quota-backend-bytes, then etcdctl alarm disarm';
    return refused(`its database is full (alarm NOSPACE): ${mend}`, true);
  }
  const operations = Math.max(compares.length, writes.length, otherwise.length);
  const bytes = writes.reduce(
    (sum, write) => sum + ('put' in write ? Buffer.byteLength(write.value) : 0),
    0,
  );
  return refused(
    `it refuses a transaction of ${String(operations)} operations and ${String(bytes)} bytes: ` +
      'raise its --max-txn-ops (usually 128) or --max-request-bytes (usually 1572864)',
    false,
  );
}

function textOf(error: unknown): string {
  const known = meanings.find(([kinds]) => kinds.some((kind) => error instanceof kind));
  return known?.[1] ?? shortReason(error);
}

const meanings = [
  [[GRPCDeadlineExceededError], 'no answer in time'],
  [
    [EtcdAuthenticationFailedError],
    'it refuses the user name or the password; look at username and passwordFile, or ETCD_USERNAME and ETCD_PASSWORD',
  ],
  [
    [EtcdPermissionDeniedError],
    'the user may not do this; docs/etcd.md has the role that is needed',
  ],
  [
    // What etcd says to a read without a user; that of transactions is told apart before.
    [EtcdInvalidAuthTokenError, GRPCUnauthenticatedError, GRPCInvalidArgumentError],
    'it wants a user name and a password, or a client certificate that names a user',
  ],
  [[GRPCFailedPreconditionError], 'it does not use passwords, and one is set: take it away'],
  [
    [GRPCResourceExhastedError],
    'its database is full, or it has too much to do: etcdctl alarm list',
  ],
  [[GRPCOutOfRangeError], 'what was read is compacted meanwhile; it is read again'],
] as const;

/** gRPC says in its message what the connection failed for: refused, an unknown authority. */
function shortReason(error: unknown): string {
  const text = printable(reasonOf(error));
  return text.length > maxReason ? `${text.slice(0, maxReason)}…` : text;
}
