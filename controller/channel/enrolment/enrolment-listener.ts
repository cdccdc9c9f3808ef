/**
 * The requests of nodes for certificates, on the port of the agents: the first one by a token, a
 * renewal by the certificate of the connection. The texts about tokens are for callers with a valid
 * secret only.
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { enrolmentPath, maxEnrolmentBytes, renewalPath } from '../../../core/enrolment/paths.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { certificateFaults } from '../../../core/protocol/certificate-faults.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import { readBody } from '../../../runtime/http/body.ts';
import { createByteBudget, type ByteBudget } from '../../../runtime/http/byte-budget.ts';
import { sendError, sendReply } from '../../../runtime/http/send-reply.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { EnrolmentAnswer } from '../../../schemas/generated/enrolment-answer.ts';
import { isEnrolmentRequest } from '../../../schemas/generated/enrolment-request.validator.js';
import { EnrolmentRefused, type IssuedTo, type Issuing } from '../../app/enrolment/issue.ts';
import type { RefusedIdentities } from '../../app/identity/refused-identities.ts';
import { readCertificate, type ServedCluster } from '../client-certificates.ts';
import type { ClientAddresses } from '../relay/client-addresses.ts';
import { limitFailures } from './failure-limit.ts';

export interface EnrolmentDeps extends ServedCluster {
  /** Undefined: this controller has no authority of its own. */
  readonly issuing: Issuing | undefined;
  /** @throws AppError not-ready while the stored state is not known */
  readonly requireKnown: (what: string) => void;
  readonly counts: RefusedIdentities;
  readonly clients: Pick<ClientAddresses, 'of'>;
  /** For the log. */
  readonly refused: (reason: string, remote: string) => void;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Requests in work at the same time. */
const mostAtOnce = 64;
const bodyBudgetBytes = 1024 * 1024;
const busySeconds = 2;
const body = { maxBytes: maxEnrolmentBytes, mediaTypes: ['application/json'] };

/** @param others gets the requests for other paths */
export function enrolmentListener(deps: EnrolmentDeps, others: RequestListener): RequestListener {
  const failures = limitFailures();
  const bodies = createByteBudget(bodyBudgetBytes);
  let running = 0;
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const remote = deps.clients.of(message.socket);
    try {
      const issued = await atOnce(await admitted(deps, message, bodies));
      const { node, token } = issued;
      deps.logger.info('issued a certificate', { node, ...(token && { token }), remote });
      const content = JSON.stringify(answerOf(issued));
      const reply = { mediaType: 'application/json', body: content };
      sendReply(response, message, { reply, content, release: () => undefined });
    } catch (error) {
      const wait = isStrangers(error) ? failures.failed(remote, performance.now()) : undefined;
      const told = wait === undefined ? error : tooManyFailures();
      tell(deps, told, remote);
      if (isBusy(told)) response.setHeader('retry-after', String(wait ?? busySeconds));
      sendError(response, message, told);
    }
  };
  /** Counts those only that were admitted, so that strangers take no place. */
  const atOnce = async (work: () => Promise<IssuedTo>): Promise<IssuedTo> => {
    if (running >= mostAtOnce) throw later('too many nodes enrol at the moment');
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
  return (message, response) => {
    const path = message.url?.split('?')[0];
    if (path !== enrolmentPath && path !== renewalPath) return others(message, response);
    response.setHeader('connection', 'close');
    void answer(message, response);
  };
}

/**
 * Judges the token or the certificate, before the body is read.
 * @returns what issues the certificate @throws AppError
 */
async function admitted(
  { issuing, requireKnown, now, ...served }: EnrolmentDeps,
  message: IncomingMessage,
  bodies: ByteBudget,
): Promise<() => Promise<IssuedTo>> {
  const { socket, headers, method, url } = message;
  if (method !== 'POST') throw new AppError('method-not-allowed', 'ask for a certificate by POST');
  if (issuing === undefined) {
    throw new AppError(
      'not-found',
      'this controller issues no certificates: it has no authority of its own (calico-controller init)',
    );
  }
  if (!(socket instanceof TLSSocket)) {
    throw new AppError('access-denied', 'a certificate is issued over TLS only');
  }
  requireKnown('issue a certificate');
  if (url?.startsWith(renewalPath) === true) {
    const read = readCertificate(message, served, now());
    if (read.kind === 'none') throw new AppError('unauthorized', 'no certificate was presented');
    if (read.kind === 'fault') {
      throw new AppError('access-denied', `cannot renew: ${certificateFaults[read.fault]}`);
    }
    // Whoever has the keys of the tickets can make a session with any certificate in it.
    if (socket.isSessionReused()) {
      throw new AppError(
        'access-denied',
        'cannot renew: the TLS session was resumed; begin a new one',
      );
    }
    const publicKey = publicKeyOf(socket);
    const presented = { ...read.node, publicKey };
    return () => issuing.renew(presented);
  }
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw new AppError('unauthorized', 'no enrolment token was presented');
  const enrol = await issuing.admit(token);
  return async () => enrol(requestIn(await bodyOf(message, bodies)));
}

async function bodyOf(message: IncomingMessage, bodies: ByteBudget): Promise<string> {
  const held: number[] = [];
  const take = (bytes: number): boolean => {
    const isThere = bodies.take(bytes);
    if (isThere) held.push(bytes);
    return isThere;
  };
  try {
    return await readBody(message, body, { take });
  } finally {
    for (const bytes of held) bodies.give(bytes);
  }
}

function requestIn(text: string): string {
  const parsed = parseJson(text, jsonBounds.enrolment);
  if (!parsed.ok) throw malformed(parsed.reason);
  if (!isEnrolmentRequest(parsed.data)) throw malformed('it has another form');
  return parsed.data.request;
}

function malformed(reason: string): AppError {
  return new AppError('bad-request', `cannot use the request for a certificate: ${reason}`);
}

function publicKeyOf(socket: TLSSocket): Buffer {
  // Not getPeerX509Certificate(): that of Node.js 20 never frees the certificate of the authority, 4 KB.
  const { raw } = socket.getPeerCertificate();
  // The types do not know that the object is empty without a certificate.
  if (!Buffer.isBuffer(raw)) throw new AppError('unauthorized', 'no certificate was presented');
  return new X509Certificate(raw).publicKey.export({ type: 'spki', format: 'der' });
}

/** Counts the refusal, and logs it. */
function tell({ counts, refused, logger }: EnrolmentDeps, error: unknown, remote: string): void {
  if (error instanceof EnrolmentRefused) counts.count(`enrolment-${error.refusal}`);
  else if (isStrangers(error)) counts.count('unknown-enrolment-token');
  else if (error instanceof AppError && error.code === 'bad-request')
    counts.count('enrolment-bad-request');
  if (error instanceof AppError) refused(reasonOf(error), remote);
  else logger.error('a request for a certificate failed', { remote, reason: reasonOf(error) });
}

function isStrangers(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unauthorized';
}

function isBusy(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'busy' || error.code === 'not-ready');
}

function tooManyFailures(): AppError {
  return later('too many requests without a valid token came from this address');
}

function later(reason: string): AppError {
  return new AppError('busy', `cannot enrol: ${reason}; try again later`, { retryable: true });
}

function answerOf({ certificate, authority }: IssuedTo): EnrolmentAnswer {
  return { formatVersion: 1, certificate, authority };
}
