import { AppError, isErrorCode } from '../../runtime/errors.ts';
import { json, jsonInTurns, type HttpRequest, type Reply } from '../../runtime/http/server.ts';
import type { Agent, Offer, OfferOutcome, PlanOutcome, RevisionEnd } from '../app/agent.ts';
import type { WaitSlots } from './wait-slots.ts';
import { maxBy, readChoice, readFlag, readSeconds, readText } from './query.ts';

const maxWaitSeconds = 3600;

export async function getConfig(agent: Agent): Promise<Reply> {
  const revision = await agent.acceptedRevision();
  if (revision !== undefined) return json(revision);
  if (agent.status().revisions.accepted === undefined) {
    throw new AppError('not-found', 'cannot show the configuration: none was accepted yet');
  }
  throw new AppError(
    'corrupt-file',
    'cannot show the configuration: its stored text is damaged or missing; send it again',
  );
}

export async function putConfig(
  agent: Agent,
  request: HttpRequest,
  slots: WaitSlots,
): Promise<Reply> {
  const waitSeconds = readSeconds(request.query, 'wait', maxWaitSeconds);
  const outcome = await agent.offer(offerOf(agent, request));
  if (outcome.result === 'refused') throw refusalOf(outcome);
  if (waitSeconds === undefined) return json(outcome);
  const settled = await slots.wait(waitSeconds, request.signal, (end) =>
    untilSettled(agent, outcome, end),
  );
  return json(settled === undefined ? outcome : { ...outcome, settled });
}

export async function checkConfig(agent: Agent, request: HttpRequest): Promise<Reply> {
  return json({ issues: await agent.check(request.body, { signal: request.signal }) });
}

/** Several clients share it: it goes on where one of them leaves. */
export async function planAccepted(agent: Agent): Promise<Reply> {
  return planReply(await agent.plan());
}

export async function planConfig(agent: Agent, request: HttpRequest): Promise<Reply> {
  return planReply(await agent.plan(request.body, { signal: request.signal }));
}

function planReply(outcome: PlanOutcome): Promise<Reply> {
  const { issues } = outcome;
  if (outcome.ok) return jsonInTurns({ plan: outcome.plan, issues });
  throw new AppError('invalid-config', 'cannot plan the configuration: it has errors', { issues });
}

function offerOf(agent: Agent, { query, body, mediaType }: HttpRequest): Offer {
  // A controller comes by its own channel.
  const source = readChoice(query, 'source', ['juju', 'local']) ?? 'local';
  const subject = source === 'juju' ? readText(query, 'application', maxBy) : agent.facts().name;
  if (subject === undefined) {
    throw new AppError('bad-request', 'cannot read the query: source=juju needs application=NAME');
  }
  return {
    source,
    lineage: `${source}:${subject}`,
    mediaType: mediaType === 'application/json' ? mediaType : 'application/yaml',
    text: body,
    by: readText(query, 'by', maxBy) ?? source,
    takeOver: readFlag(query, 'take-over'),
    retry: readFlag(query, 'retry'),
  };
}

function refusalOf({
  code,
  message,
  issues,
}: Extract<OfferOutcome, { result: 'refused' }>): AppError {
  return new AppError(isErrorCode(code) ? code : 'invalid-config', message, { issues });
}

/** Undefined where the end comes first: the answer then tells how far it had come. */
async function untilSettled(
  agent: Agent,
  { revision }: Extract<OfferOutcome, { result: 'accepted' | 'already' }>,
  end: AbortSignal,
): Promise<RevisionEnd | undefined> {
  try {
    return await agent.waitForRevision(revision, end);
  } catch (error) {
    if (end.aborted) return undefined;
    throw error;
  }
}
