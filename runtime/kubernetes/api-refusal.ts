/** An answer of the API server that is no success, as an error. Source: apimachinery meta/v1 Status. */
import { listAt, textAt, valueAt } from '../../core/facts/plain-data.ts';
import { printable } from '../../core/printable.ts';
import { AppError, type ErrorCode } from '../errors.ts';

export interface Cause {
  readonly reason: string;
  /** `.spec.asNumber`, `spec.asNumber`. */
  readonly field: string;
  readonly message: string;
}

const maxText = 600;

/** What callers branch on is the status, the reason and the causes, never the text. */
export class ApiRefusal extends AppError {
  readonly status: number;
  /** `Conflict`, `Invalid`; empty where the server gives none. */
  readonly reason: string;
  /** Without those that only say that a rule was not looked at. */
  readonly causes: readonly Cause[];
  /** What the server says, for a person. */
  readonly said: string;
  readonly retryAfterMs: number | undefined;

  constructor(what: string, status: number, body: unknown, retryAfterMs: number | undefined) {
    const reason = textAt(body, 'reason') ?? '';
    const causes = causesOf(body);
    const said = saidOf(body, causes);
    const { code, retryable, text } = meaningOf(status, reason);
    super(code, `cannot ${what}: ${text ?? said ?? `the API server answers ${String(status)}`}`, {
      retryable,
    });
    this.status = status;
    this.reason = reason;
    this.causes = causes;
    this.said = said ?? `it answers ${String(status)}`;
    this.retryAfterMs = retryAfterMs;
  }
}

interface Meaning {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** Where the server's own words would not help. */
  readonly text?: string;
}

function meaningOf(status: number, reason: string): Meaning {
  switch (status) {
    case 401: {
      const text =
        'the API server does not know these credentials; look at the user and its token or certificate';
      return { code: 'datastore-failed', retryable: true, text };
    }
    case 404:
      return reason === 'NotFound'
        ? { code: 'datastore-failed', retryable: true }
        : {
            code: 'datastore-failed',
            retryable: true,
            text: "the API server has no such kind of object; are Calico's CRDs installed?",
          };
    case 409:
      return { code: 'datastore-conflict', retryable: true };
    case 400:
    case 405:
    case 413:
    case 415:
    case 422:
      return { code: 'datastore-failed', retryable: false };
    default:
      // Rights, load, a server that starts: somebody or time mends it.
      return { code: 'datastore-failed', retryable: true };
  }
}

function causesOf(body: unknown): readonly Cause[] {
  return listAt(body, 'details', 'causes').flatMap((cause) => {
    const field = textAt(cause, 'field') ?? '';
    const message = shortened(textAt(cause, 'message') ?? '');
    return field === '<nil>' ? [] : [{ reason: textAt(cause, 'reason') ?? '', field, message }];
  });
}

/** Where causes were left out, the message as a whole has them still: then the causes speak. */
function saidOf(body: unknown, causes: readonly Cause[]): string | undefined {
  const all = listAt(body, 'details', 'causes').length;
  if (causes.length > 0 && causes.length < all) {
    return shortened(causes.map(({ field, message }) => `${field}: ${message}`).join('; '));
  }
  const message = textAt(body, 'message');
  return message === undefined ? undefined : shortened(message);
}

function shortened(text: string): string {
  const line = printable(text.replaceAll(/\s+/gu, ' '));
  return line.length > maxText ? `${line.slice(0, maxText)}…` : line;
}

/** In ms, from the header or from the Status object. */
export function retryAfterOf(header: string | undefined, body: unknown): number | undefined {
  const seconds = Number(header ?? valueAt(body, 'details', 'retryAfterSeconds'));
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
