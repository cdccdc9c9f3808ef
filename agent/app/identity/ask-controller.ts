/** Asks the controller for a certificate of this node. */
import { X509Certificate } from 'node:crypto';
import { maxEnrolmentAnswerBytes } from '../../../core/enrolment/paths.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { printable } from '../../../core/printable.ts';
import { AppError, type ErrorCode } from '../../../runtime/errors.ts';
import { postJson, type PostedJson } from '../../../runtime/tls/post-json.ts';
import { errorOfProblem } from '../../../runtime/http/problem.ts';
import { checkCertificates, checkKeyPair } from '../../../runtime/tls/check-pem.ts';
import type { EnrolmentAnswer } from '../../../schemas/generated/enrolment-answer.ts';

/** The wss:// address of a controller, for HTTPS. */
export interface ControllerPlace {
  /** `https://host:port` */
  readonly base: URL;
  /** For people: `the controller "host:port"`. */
  readonly what: string;
}

/** The controller, or something before it, may answer otherwise later. */
export class AnswerLater extends AppError {
  /** The least pause for which it asked. */
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, message: string, retryAfterMs: number) {
    super(code, message, { retryable: true });
    this.retryAfterMs = retryAfterMs;
  }
}

const timeoutMs = 30_000;
/** Too many requests, and those of servers before the controller that do not reach it. */
const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const longestReason = 500;

/** @throws AppError usage */
export function controllerPlace(url: string): ControllerPlace {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'wss:' || parsed.username !== '' || parsed.password !== '') {
    throw new AppError(
      'usage',
      `cannot use the controller "${url.slice(0, 200)}": write wss://HOST:PORT, as in agent.yaml`,
    );
  }
  const base = new URL(`https://${parsed.host}`);
  return { base, what: `the controller "${parsed.host}"` };
}

/**
 * @param path of the request
 * @returns the certificate and the authorities, which were checked
 * @throws AppError with the text of the controller; retryable where waiting may help
 */
export async function askController(
  { base, what }: ControllerPlace,
  path: string,
  asked: Pick<PostedJson, 'body' | 'headers' | 'ca' | 'identity'>,
  key: string,
): Promise<EnrolmentAnswer> {
  const places = { ca: '--ca-file or --ca-digest', certificate: 'controller.identity' };
  const answer = await postJson({
    ...asked,
    url: new URL(path, base),
    timeoutMs,
    maxAnswerBytes: maxEnrolmentAnswerBytes,
    places,
    what,
  });
  if (answer.status !== 200) throw refusalOf(answer, what);
  const { isEnrolmentAnswer } =
    await import('../../../schemas/generated/enrolment-answer.validator.js');
  const data = jsonValue(answer.body, jsonBounds.enrolment);
  if (!isEnrolmentAnswer(data)) throw unexpected(what, 'it is no certificate');
  checkAnswer(data, key, what);
  return data;
}

/** Nothing is written that could not be used. */
function checkAnswer({ certificate, authority }: EnrolmentAnswer, key: string, what: string): void {
  checkKeyPair(
    { pem: certificate, place: `the certificate from ${what}` },
    { pem: key, place: 'the key of this node' },
  );
  checkCertificates({ pem: authority, place: `the authorities from ${what}` });
  const issuer = new X509Certificate(authority);
  const own = new X509Certificate(certificate);
  if (!own.checkIssued(issuer) || !own.verify(issuer.publicKey))
    throw unexpected(what, 'the certificate is not signed by its authority');
}

function refusalOf(
  { status, body, retryAfter }: Awaited<ReturnType<typeof postJson>>,
  what: string,
): AppError {
  if (status === 426 || status === 404) {
    const error = status === 404 ? errorOfProblem(body) : undefined;
    const reason = error?.message ?? 'it issues no certificates: it is older, or something else';
    return new AppError('not-found', `cannot get a certificate from ${what}: ${shown(reason)}`);
  }
  const error = errorOfProblem(body);
  const wait = retryAfter === undefined ? '' : ` (after ${String(retryAfter)} s)`;
  const reason = error === undefined ? `it answered ${String(status)}` : shown(error.message);
  const code = error?.code ?? 'unexpected-answer';
  const message = `cannot get a certificate from ${what}: ${reason}${wait}`;
  return passingStatuses.has(status)
    ? new AnswerLater(code, message, (retryAfter ?? 0) * 1000)
    : new AppError(code, message);
}

/** A text from outside, for a terminal and a log. */
function shown(text: string): string {
  return printable(text).slice(0, longestReason);
}

function unexpected(what: string, reason: string): AppError {
  return new AppError('unexpected-answer', `cannot use the answer of ${what}: ${reason}`);
}
