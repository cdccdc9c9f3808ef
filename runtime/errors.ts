/**
 * The errors of both programs. Callers, scripts and tests use the stable code. The table below has
 * each code's HTTP status, exit status (1 failed, 2 refused input) and title.
 */
import type { Issue } from '../core/issue.ts';

interface Meaning {
  readonly http: number;
  readonly exit: 1 | 2;
  readonly title: string;
}

const meanings = {
  usage: { http: 400, exit: 2, title: 'wrong usage' },
  'bad-request': { http: 400, exit: 2, title: 'the request is not understood' },
  // A controller of several clusters cannot know which one is meant.
  'cluster-missing': { http: 400, exit: 2, title: 'a cluster is missing' },
  unauthorized: { http: 401, exit: 1, title: 'not authorized' },
  'access-denied': { http: 403, exit: 1, title: 'access denied' },
  'not-found': { http: 404, exit: 1, title: 'not found' },
  'method-not-allowed': { http: 405, exit: 1, title: 'method not allowed' },
  'digest-differs': { http: 409, exit: 2, title: 'the digest differs' },
  'number-reused': { http: 409, exit: 2, title: 'the number was used before' },
  'number-too-high': { http: 409, exit: 2, title: 'a number that cannot be' },
  'older-number': { http: 409, exit: 2, title: 'older than what was accepted' },
  'rejected-before': { http: 409, exit: 2, title: 'rejected before' },
  'loss-not-accepted': { http: 409, exit: 2, title: 'a loss of traffic nobody accepted' },
  'source-not-permitted': { http: 409, exit: 2, title: 'this source may not change the agent' },
  // Somebody else wrote meanwhile: observe and plan anew.
  'datastore-conflict': { http: 409, exit: 1, title: 'changed by somebody else' },
  // Another agent has the writer lease by now.
  'writer-lease-lost': { http: 409, exit: 1, title: 'another agent holds the writer lease' },
  'rollout-not-possible': { http: 409, exit: 1, title: 'the rollout does not allow it' },
  held: { http: 409, exit: 1, title: 'all writing is on hold' },
  'payload-too-large': { http: 413, exit: 2, title: 'too large' },
  // The proposal was made for another configuration than the one in force.
  'base-changed': { http: 409, exit: 2, title: 'the configuration changed meanwhile' },
  'approval-missing': { http: 409, exit: 2, title: 'an approval is missing' },
  'unsupported-media-type': { http: 415, exit: 2, title: 'unsupported media type' },
  'invalid-config': { http: 422, exit: 2, title: 'the configuration is refused' },
  'invalid-facts': { http: 422, exit: 2, title: 'the facts are refused' },
  'invalid-settings': { http: 422, exit: 2, title: 'the settings are refused' },
  // Checking it takes more time or memory than this program gives it.
  'limit-reached': { http: 422, exit: 2, title: 'a limit is reached' },
  'too-many-requests': { http: 429, exit: 1, title: 'too many requests' },
  internal: { http: 500, exit: 1, title: 'internal error' },
  'io-failed': { http: 500, exit: 1, title: 'input or output failed' },
  'corrupt-file': { http: 500, exit: 1, title: 'a file is corrupt' },
  'newer-format': { http: 500, exit: 1, title: 'a file was written by a newer version' },
  'unexpected-answer': { http: 502, exit: 1, title: 'unexpected answer' },
  'datastore-failed': { http: 502, exit: 1, title: 'the datastore failed' },
  'apply-failed': { http: 502, exit: 1, title: 'applying failed' },
  'already-running': { http: 503, exit: 1, title: 'already running' },
  'not-listening': { http: 503, exit: 1, title: 'no program listens' },
  busy: { http: 503, exit: 1, title: 'too busy' },
  'not-ready': { http: 503, exit: 1, title: 'not ready' },
  timeout: { http: 504, exit: 1, title: 'timeout' },
  'disk-full': { http: 507, exit: 1, title: 'the disk is full' },
} as const satisfies Record<string, Meaning>;

export type ErrorCode = keyof typeof meanings;

export interface AppErrorOptions {
  /** True where waiting may help. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  readonly issues?: readonly Issue[];
  /** The input of the issues, for people, as a file. */
  readonly source?: string;
}

/** An error whose message is for a person: `cannot <verb> <thing> "<name>": <reason>`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly issues: readonly Issue[];
  readonly source: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    // Not the name of the class, which is short in a built program.
    this.name = 'AppError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.issues = options.issues ?? [];
    this.source = options.source;
  }
}

/** Codes about a machine or its settings, which are no fault of a configuration. */
const codesOfMachines: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'access-denied',
  'unauthorized',
  'io-failed',
  'disk-full',
  'corrupt-file',
  'newer-format',
  'invalid-settings',
  'not-ready',
]);

export function isOfThisMachine(code: ErrorCode): boolean {
  return codesOfMachines.has(code);
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(meanings, code);
}

export function httpStatusOf(code: ErrorCode): number {
  return meanings[code].http;
}

export function titleOf(code: ErrorCode): string {
  return meanings[code].title;
}

/** The exit status of a command that ended with this error. */
export function exitStatusOf(error: unknown): 1 | 2 {
  return error instanceof AppError ? meanings[error.code].exit : 1;
}

/** Node's own code of a system error (`ENOENT`), or undefined. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The text of an error, in one line. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Turns the error of a system call into an AppError: `cannot write "x": the disk is full; …`. */
export function fromSystemError(what: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const reason = systemReasons[systemCodeOf(error) ?? ''];
  if (reason === undefined)
    return new AppError('io-failed', `${what}: ${reasonOf(error)}`, { cause: error });
  const { code, retryable, text } = reason;
  return new AppError(code, `${what}: ${text}`, { cause: error, retryable });
}

const systemReasons: Readonly<
  Record<string, { readonly code: ErrorCode; readonly retryable: boolean; readonly text: string }>
> = {
  ENOSPC: { code: 'disk-full', retryable: true, text: 'the disk is full; free some space on it' },
  EDQUOT: {
    code: 'disk-full',
    retryable: true,
    text: 'the disk quota is used up; free some space, or raise it',
  },
  EACCES: { code: 'access-denied', retryable: false, text: 'permission denied' },
  EPERM: { code: 'access-denied', retryable: false, text: 'operation not permitted' },
  EROFS: {
    code: 'io-failed',
    retryable: true,
    text: 'the file system is read-only; mount it for writing again',
  },
  EIO: { code: 'io-failed', retryable: true, text: 'the disk reports an error; dmesg says more' },
  EBUSY: { code: 'io-failed', retryable: true, text: 'it is in use' },
  EMFILE: { code: 'io-failed', retryable: true, text: 'this process has too many open files' },
  ENFILE: { code: 'io-failed', retryable: true, text: 'this machine has too many open files' },
  ENOMEM: { code: 'io-failed', retryable: true, text: 'there is no memory left' },
  ESTALE: { code: 'io-failed', retryable: true, text: 'its file server has lost it' },
  EEXIST: {
    code: 'io-failed',
    retryable: false,
    text: 'it exists already; choose another name, or remove it first',
  },
  EISDIR: { code: 'io-failed', retryable: false, text: 'it is a folder' },
  ENOTDIR: { code: 'io-failed', retryable: false, text: 'a part of its path is not a folder' },
  ELOOP: { code: 'io-failed', retryable: false, text: 'its symbolic links lead in a circle' },
  EADDRINUSE: { code: 'already-running', retryable: false, text: 'another process listens there' },
  EADDRNOTAVAIL: {
    code: 'io-failed',
    retryable: true,
    text: 'this machine does not have that address',
  },
  ENOTFOUND: { code: 'io-failed', retryable: true, text: 'there is no such host name' },
  ENOENT: { code: 'not-found', retryable: false, text: 'no such file or folder' },
};
