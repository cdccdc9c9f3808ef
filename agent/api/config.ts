import type { RevisionRef } from '../../core/revision/revision.ts';
import { AppError, isErrorCode } from '../../runtime/errors.ts';
import { json, jsonInTurns, type HttpRequest, type Reply } from '../../runtime/http/server.ts';
import type { Agent } from '../app/agent.ts';
import type { Offer, OfferOutcome } from '../app/offer/offer.ts';
import type { Offers } from '../app/offer/offers.ts';
import type { PlanOutcome } from '../app/offer/preview.ts';
import type { Readings } from '../app/status/readings.ts';
import type { RevisionEnd } from '../app/status/wait-for-revision.ts';
import { actorOf } from './audited.ts';
import type { WaitSlots } from './wait-slots.ts';
import { maxBy, readChoice, readFlag, readSeconds, readText } from './query.ts';

const maxWaitSeconds = 3600;

export async function getConfig(readings: Readings): Promise<Reply> {
  const revision = await readings.acceptedRevision();
  if (revision !== undefined) return json(revision);
  if (readings.status().revisions.accepted === undefined) {
    throw new AppError('not-found', 'cannot show the configuration: none was accepted yet');
  }
  throw new AppError(
    'corrupt-file',
    'cannot show the configuration: its stored text is damaged or missing; send it again',
  );
}

export async function putConfig(
  { offers, readings }: Pick<Agent, 'offers' | 'readings'>,
  request: HttpRequest,
  slots: WaitSlots,
): Promise<Reply> {
  const waitSeconds = readSeconds(request.query, 'wait', maxWaitSeconds);
  const client = actorOf(request);
  const offer = offerOf(readings, request);
  const outcome = await offers.offer({
    ...offer,
    client: { claimed: offer.by, ...(await client) },
  });
  if (outcome.result === 'refused') throw refusalOf(outcome);
  if (waitSeconds === undefined) return json(outcome);
  const end = await slots.wait(waitSeconds, request.signal, (signal) =>
    untilEnded(offers, outcome.revision, signal),
  );
  return json(end === undefined ? outcome : { ...outcome, settled: end });
}

export async function checkConfig(offers: Offers, request: HttpRequest): Promise<Reply> {
  return json({ issues: await offers.check(request.body, { signal: request.signal }) });
}

/** Several clients share it: it goes on when one of them leaves. */
export async function planAccepted(offers: Offers): Promise<Reply> {
  return planReply(await offers.plan());
}

export async function planConfig(offers: Offers, request: HttpRequest): Promise<Reply> {
  return planReply(await offers.plan(request.body, { signal: request.signal }));
}

function planReply(outcome: PlanOutcome): Promise<Reply> {
  const { issues } = outcome;
  if (outcome.ok) return jsonInTurns({ plan: outcome.plan, issues });
  throw new AppError('invalid-config', 'cannot plan the configuration: it has errors', { issues });
}

function offerOf(readings: Readings, { query, body, mediaType }: HttpRequest): Offer {
  // A controller comes by its own channel.
  const source = readChoice(query, 'source', ['juju', 'local']) ?? 'local';
  const subject = source === 'juju' ? readText(query, 'application', maxBy) : readings.facts().name;
  if (subject === undefined) {
    throw new AppError('bad-request', 'cannot read the query: source=juju needs application=NAME');
  }
  const confirmSeconds = readConfirmSeconds(query);
  return {
    source,
    lineage: `${source}:${subject}`,
    mediaType: mediaType === 'application/json' ? mediaType : 'application/yaml',
    text: body,
    by: readText(query, 'by', maxBy) ?? source,
    takeOver: readFlag(query, 'take-over'),
    retry: readFlag(query, 'retry'),
    noGuard: readFlag(query, 'no-guard'),
    acceptLoss: readFlag(query, 'accept-loss'),
    ...(confirmSeconds !== undefined && { confirmSeconds }),
  };
}

const maxConfirmSeconds = 86_400;

function readConfirmSeconds(query: URLSearchParams): number | undefined {
  const seconds = readSeconds(query, 'confirm-within', maxConfirmSeconds);
  if (seconds === undefined || seconds >= 1) return seconds;
  throw new AppError('bad-request', 'cannot read the query: confirm-within is at least 1 second');
}

function refusalOf({
  code,
  message,
  issues,
}: Extract<OfferOutcome, { result: 'refused' }>): AppError {
  return new AppError(isErrorCode(code) ? code : 'invalid-config', message, { issues });
}

/** Undefined where the end comes first: the answer then tells how far it had come. */
export async function untilEnded(
  offers: Offers,
  revision: RevisionRef,
  end: AbortSignal,
): Promise<RevisionEnd | undefined> {
  try {
    return await offers.waitForRevision(revision, end);
  } catch (error) {
    if (end.aborted) return undefined;
    throw error;
  }
}
