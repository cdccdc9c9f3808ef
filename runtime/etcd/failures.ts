/** Turns etcd's answers into AppErrors, by their codes and not by their messages. */
import { status } from '@grpc/grpc-js';
import { documentHint } from '../../core/document-hint.ts';
import { printable } from '../../core/printable.ts';
import { AppError, reasonOf } from '../errors.ts';
import type { Transaction } from './keys.ts';
import { hasCode, RpcError } from './rpc-error.ts';

const maxReason = 300;

/**
 * Whether there was no answer, or none about the result of the call, so that another endpoint may
 * help.
 */
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
 * The error for a transaction that etcd refused as invalid or for lack of a resource. etcd's code
 * does not tell which; the size is known here, and only a transaction above the usual limits is
 * refused for good. Source: api/v3rpc/rpctypes/error.go, where "too many requests", "no space",
 * "too many operations" and "revision in header is old" share two codes.
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
    : refused(`${size}: check its ${limits}`, true);
}

/** The least size, without the protocol's own bytes. */
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

/**
 * Whether gRPC in this process found the answer too large; it uses a code that etcd has for other
 * errors; stream-decoder.ts of grpc-js.
 */
export function isAnswerTooLarge(error: unknown): boolean {
  const isExhausted = error instanceof RpcError && error.code === status.RESOURCE_EXHAUSTED;
  return isExhausted && error.message.startsWith('Received message larger than');
}

const answerTooLarge =
  'its answer has more than 16 MiB; search for objects with very large annotations: etcdctl get --prefix /calico/';
const passwordRefused =
  'it refuses the user name or the password; check username and passwordFile, or ETCD_USERNAME and ETCD_PASSWORD';
const unreachable = 'it cannot be reached';
/** etcd answers INVALID_ARGUMENT to a read without a user; transactions are handled before. */
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
  [status.OUT_OF_RANGE, 'the revision is compacted by now; the agent reads again'],
]);

function shortReason(error: unknown): string {
  const text = printable(reasonOf(error));
  return text.length > maxReason ? `${text.slice(0, maxReason)}…` : text;
}
