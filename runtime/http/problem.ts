/** RFC 9457 problem documents, the form of errors over HTTP. */
import type { Issue } from '../../core/issue.ts';
import { AppError, httpStatusOf, isErrorCode, titleOf, type ErrorCode } from '../errors.ts';
import { isServerUrl, LedElsewhere } from './remote/led-elsewhere.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { jsonValue } from '../../core/input/parse-json.ts';

export const problemMediaType = 'application/problem+json';
const typePrefix = 'urn:calico-agent:problem:';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly issues?: readonly Issue[];
  /** The server that answers instead, `https://HOST:PORT`. */
  readonly leader?: string;
}

/** The problem document of an error. An unexpected error gives no details. */
export function problemOf(error: unknown): Problem {
  if (!(error instanceof AppError)) {
    return problemOf(
      new AppError('internal', 'the server met an unexpected error; its log says more'),
    );
  }
  return {
    type: typePrefix + error.code,
    title: titleOf(error.code),
    status: httpStatusOf(error.code),
    code: error.code,
    detail: error.message,
    ...(error.issues.length > 0 ? { issues: error.issues } : {}),
    ...(error instanceof LedElsewhere && { leader: error.leader }),
  };
}

/** Refusals of a server that may answer later; its problem document does not say so. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['not-ready', 'busy']);

/** The error of an answer with a problem document; undefined: the text is none. */
export function errorOfProblem(text: string): AppError | undefined {
  const document = parseObject(text);
  if (document === undefined) return undefined;
  const { code, detail, issues, leader } = document;
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined;
  const known = isErrorCode(code) ? code : 'unexpected-answer';
  const options = {
    issues: Array.isArray(issues) ? issues.filter(isIssue) : [],
    retryable: passing.has(known),
  };
  if (isServerUrl(leader)) return new LedElsewhere(known, detail, { ...options, leader });
  return new AppError(known, detail, options);
}

function isIssue(value: unknown): value is Issue {
  const issue = asRecord(value);
  return (
    issue !== undefined &&
    typeof issue['message'] === 'string' &&
    typeof issue['code'] === 'string' &&
    typeof issue['pointer'] === 'string' &&
    (issue['severity'] === 'error' ||
      issue['severity'] === 'warning' ||
      issue['severity'] === 'note')
  );
}

function parseObject(text: string): Record<string, unknown> | undefined {
  return asRecord(jsonValue(text, jsonBounds.answer));
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value }
    : undefined;
}
