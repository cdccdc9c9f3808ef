/** Routes for the accepted configuration, and for the offer of another one. */
import type { Issue } from '../../../core/issue.ts';
import { objectUnreadable } from '../../../core/plan/unreadable-objects.ts';
import { AppError, isErrorCode } from '../../../runtime/errors.ts';
import { json, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import type { Agent } from '../../app/agent.ts';
import type { Offer, OfferOutcome } from '../../app/offer/offer.ts';
import type { Readings } from '../../app/status/readings.ts';
import { actorOf } from '../request/actor.ts';
import { configBody } from '../request/config-body.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';
import { untilEnded } from '../routing/until-ended.ts';
import type { WaitSlots } from '../../../runtime/http/request/wait-slots.ts';
import {
  maxBy,
  readChoice,
  readFlag,
  readSeconds,
  readText,
} from '../../../runtime/http/request/query.ts';

const maxWaitSeconds = 3600;
const offerParameters = [
  ...['by', 'source', 'application', 'take-over', 'no-guard', 'retry', 'accept-loss'],
  ...['confirm-within', 'wait'],
];

export function configRoutes({ ready, shared, slots }: RouteContext): readonly AgentRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/config',
      access: 'read',
      handle: shared(({ readings }) => getConfig(readings)),
    },
    {
      method: 'PUT',
      path: '/v1/config',
      access: 'write',
      audit: { none: 'the offers write their own' },
      query: offerParameters,
      body: configBody,
      handle: async (request) => putConfig(await ready(), request, slots),
    },
  ];
}

async function getConfig(readings: Readings): Promise<Reply> {
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
  if (end === undefined) return json(outcome);
  const issues = [...outcome.issues, ...unreadableIn(readings)];
  return json({ ...outcome, issues, ended: end });
}

/**
 * The agent reads the datastore only when it applies the configuration, after it has answered the
 * offer.
 */
function unreadableIn(readings: Readings): readonly Issue[] {
  return readings.status().issues.filter(({ code }) => code === objectUnreadable);
}

function offerOf(readings: Readings, { query, body, mediaType }: HttpRequest): Offer {
  // A controller has its own channel.
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
