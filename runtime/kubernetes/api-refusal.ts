/** The error for an unsuccessful answer of the API server. Source: apimachinery meta/v1 Status. */
import { listAt, textAt, valueAt } from '../../core/input/plain-data.ts';
import { printable } from '../../core/printable.ts';
import { AppError, type ErrorCode } from '../errors.ts';

export interface Cause {
  readonly reason: string;
  /** `.spec.asNumber`, `spec.asNumber`. */
  readonly field: string;
  readonly message: string;
}

export interface RefusedRequest {
  /** Completes `cannot …`. */
  readonly what: string;
  /** Its body comes from a configuration. */
  readonly isFromConfig?: boolean | undefined;
}

const maxText = 600;

/** Callers branch on the status, the reason and the causes, never on the text. */
export class ApiRefusal extends AppError {
  readonly status: number;
  /** `Conflict`, `Invalid`; empty where the server gives none. */
  readonly reason: string;
  /** The causes, without those that only report a rule as not checked. */
  readonly causes: readonly Cause[];
  /** The server's text, for a person. */
  readonly said: string;
  readonly retryAfterMs: number | undefined;
  /**
   * An admission webhook refused the object, and not the API server this user: the server's own Forbidden names in its
   * details what the right is about. Source: apiserver admission/plugin/webhook/errors, apimachinery api/errors.
   */
  readonly isByWebhook: boolean;

  constructor(
    { what, isFromConfig = false }: RefusedRequest,
    status: number,
    body: unknown,
    retryAfterMs: number | undefined,
  ) {
    const reason = textAt(body, 'reason') ?? '';
    const causes = causesOf(body);
    const said = saidOf(body, causes);
    const { code, text } = meaningOf(status, reason);
    // A proxy on the way may answer as well, but not with a Status.
    const isStatus = textAt(body, 'kind') === 'Status';
    const isByWebhook = isStatus && status === 403 && valueAt(body, 'details') === undefined;
    const isVerdict = isFromConfig && isStatus && (isByWebhook || verdicts.has(status));
    super(code, `cannot ${what}: ${text ?? said ?? `the API server answers ${String(status)}`}`, {
      retryable: !isVerdict,
    });
    this.status = status;
    this.isByWebhook = isByWebhook;
    this.reason = reason;
    this.causes = causes;
    this.said = said ?? `it answers ${String(status)}`;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Statuses about the sent object, which only another one would change. Other statuses (rights,
 * credentials, load, a server that starts or is not set up yet) may change without it.
 */
const verdicts: ReadonlySet<number> = new Set([400, 413, 422]);

interface Meaning {
  readonly code: ErrorCode;
  /** A text for cases in which the server's own would not help. */
  readonly text?: string;
}

function meaningOf(status: number, reason: string): Meaning {
  switch (status) {
    case 401: {
      const text =
        'the API server does not know these credentials; check the user and its token or certificate';
      return { code: 'datastore-failed', text };
    }
    case 404: {
      const text =
        "the API server has no such kind of object; check that Calico's CRDs are installed";
      return { code: 'datastore-failed', ...(reason !== 'NotFound' && { text }) };
    }
    case 409:
      return { code: 'datastore-conflict' };
    default:
      return { code: 'datastore-failed' };
  }
}

function causesOf(body: unknown): readonly Cause[] {
  return listAt(body, 'details', 'causes').flatMap((cause) => {
    const field = textAt(cause, 'field') ?? '';
    const message = shortened(textAt(cause, 'message') ?? '');
    return field === '<nil>' ? [] : [{ reason: textAt(cause, 'reason') ?? '', field, message }];
  });
}

/**
 * The text of the refusal. If causes were left out, the server's whole message still has them, so
 * the remaining causes are used.
 */
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

/** The pause in ms, from the header or from the Status object. */
export function retryAfterOf(header: string | undefined, body: unknown): number | undefined {
  const seconds = Number(header ?? valueAt(body, 'details', 'retryAfterSeconds'));
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
