/** What etcd answers, as one of the family of errors; by its codes, not by its messages. */
import { status } from '@grpc/grpc-js';
import { documentHint } from '../../core/document-hint.ts';
import { printable } from '../../core/printable.ts';
import { AppError, reasonOf } from '../errors.ts';
import type { Transaction } from './keys.ts';
import { hasCode, RpcError } from './rpc-error.ts';

const maxReason = 300;

/** No answer came, or none that says what became of the call: another endpoint may do better. */
export function isAway(error: unknown): boolean {
  return hasCode(
    error,
    status.CANCELLED,
    status.DEADLINE_EXCEEDED,
    status.INTERNAL,
    status.UNAVAILABLE,
    status.UNKNOWN,
  );
}

/** @param where the endpoint, or all that were asked */
export function failureOf(error: unknown, where: string): AppError {
  if (error instanceof AppError) return error;
  return new AppError('datastore-failed', `cannot use etcd at ${where}: ${textOf(error)}`, {
    cause: error,
    retryable: true,
  });
}

/** etcd's own limits, --max-txn-ops and --max-request-bytes, where nobody changed them. */
const usualOperations = 128;
const usualBytes = 1_572_864;

/**
 * Of a transaction that is refused as invalid, or for want of something. etcd does not say in a
 * code for what: its size is known here, and only one that is above the usual limits is refused
 * for good. Source: api/v3rpc/rpctypes/error.go, where "too many requests", "no space", "too many
 * operations" and "revision in header is old" share two codes.
 */
export function refusedTransaction(
  cause: unknown,
  transaction: Transaction,
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
  const { operations, bytes } = sizeOf(transaction);
  const isTooLarge = operations > usualOperations || bytes > usualBytes;
  if (!isTooLarge && hasCode(cause, status.RESOURCE_EXHAUSTED)) return failureOf(cause, where);
  const size = `it refuses a transaction of ${String(operations)} operations and ${String(bytes)} bytes`;
  const limits = '--max-txn-ops (usually 128) or --max-request-bytes (usually 1572864)';
  return isTooLarge
    ? refused(`${size}: raise its ${limits}`, false)
    : refused(`${size}: look at its ${limits}`, true);
}

/** At least: without what the protocol adds. */
function sizeOf({ compares, writes, otherwise }: Transaction): {
  readonly operations: number;
  readonly bytes: number;
} {
  const texts = [
    ...compares.map(({ key }) => key),
    ...writes.flatMap((write) => ('put' in write ? [write.put, write.value] : [write.remove])),
    ...otherwise,
  ];
  return {
    operations: Math.max(compares.length, writes.length, otherwise.length),
    bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  };
}

function textOf(error: unknown): string {
  if (!(error instanceof RpcError)) return shortReason(error);
  if (error.isOfPassword) return passwordRefused;
  if (isAnswerTooLarge(error)) return answerTooLarge;
  return meanings.get(error.code) ?? shortReason(error);
}

/** gRPC of this process says so, with a code that etcd uses for other things; stream-decoder.ts of grpc-js. */
export function isAnswerTooLarge(error: unknown): boolean {
  const isExhausted = error instanceof RpcError && error.code === status.RESOURCE_EXHAUSTED;
  return isExhausted && error.message.startsWith('Received message larger than');
}

const answerTooLarge =
  'its answer has more than 16 MiB; search for objects with very large annotations: etcdctl get --prefix /calico/';
const passwordRefused =
  'it refuses the user name or the password; look at username and passwordFile, or ETCD_USERNAME and ETCD_PASSWORD';
const unreachable = 'it cannot be reached';
/** etcd answers INVALID_ARGUMENT to a read without a user; transactions are told apart before. */
const noUser = 'it wants a user name and a password, or a client certificate that names a user';

const meanings: ReadonlyMap<status, string> = new Map([
  [status.DEADLINE_EXCEEDED, 'no answer in time'],
  [status.UNAVAILABLE, unreachable],
  [status.INTERNAL, unreachable],
  [status.CANCELLED, unreachable],
  [
    status.PERMISSION_DENIED,
    `the user may not do this; ${documentHint('etcd.md')} describes the role that the agent needs`,
  ],
  [status.UNAUTHENTICATED, noUser],
  [status.INVALID_ARGUMENT, noUser],
  [status.RESOURCE_EXHAUSTED, 'its database is full, or it has too much to do: etcdctl alarm list'],
  [status.OUT_OF_RANGE, 'what was read is compacted meanwhile; it is read again'],
]);

function shortReason(error: unknown): string {
  const text = printable(reasonOf(error));
  return text.length > maxReason ? `${text.slice(0, maxReason)}…` : text;
}
