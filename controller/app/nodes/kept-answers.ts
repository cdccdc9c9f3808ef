/**
 * Cuts an agent's answers to the part that is shown, so that a node needs only some kilobytes,
 * whatever it sends.
 */
import { keptOfStatus } from '../../../core/input/bounds.ts';
import { briefIssues, briefText } from '../../../core/protocol/brief.ts';
import type { DeliveryOutcome } from '../../../core/protocol/delivery/controller-delivery.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { SharedParts } from './shared-parts.ts';

/**
 * The cut status. Its form stays valid, because the next changes are merged with it and checked by
 * the schema.
 */
export function keptStatus(status: AgentStatus, parts: SharedParts): AgentStatus {
  const { formatVersion, agentVersion, node, startedAt, state, message, revisions } = status;
  const { resolved, datastore, needsPerson } = status;
  return {
    formatVersion,
    agentVersion: parts.text(agentVersion),
    node,
    startedAt: parts.text(startedAt),
    state,
    message: parts.message(cut(message, 'message')),
    ...(needsPerson !== undefined && { needsPerson }),
    revisions: parts.revisions({ ...revisions, rejected: [] }),
    datastore: parts.datastore({ ...datastore, message: cut(datastore.message, 'message') }),
    ...(resolved !== undefined && { resolved: { ...resolved, peers: [] } }),
    ...keptChange(status),
    ...keptDegraded(status),
    ...keptCertificate(status),
    issues: noIssues,
  };
}

const noIssues: AgentStatus['issues'] = [];

type OfChange = Pick<AgentStatus, 'progress' | 'sessions' | 'guard' | 'confirming' | 'hold'>;

const nothing: OfChange = {};

/** The fields that matter while a change runs. */
function keptChange(status: AgentStatus): OfChange {
  const { progress, sessions, guard, confirming, hold } = status;
  // As thousands say that come back.
  if ((progress ?? sessions ?? guard ?? confirming ?? hold) === undefined) return nothing;
  return {
    ...(progress !== undefined && { progress: keptProgress(progress) }),
    ...(sessions !== undefined && { sessions: keptSessions(sessions) }),
    ...(guard !== undefined && { guard: keptGuard(guard) }),
    ...(confirming !== undefined && { confirming: keptConfirming(confirming) }),
    ...(hold !== undefined && { hold: { ...hold, why: cut(hold.why, 'holdWhy') } }),
  };
}

function keptDegraded({ degraded }: AgentStatus): Pick<AgentStatus, 'degraded'> {
  if (degraded === undefined) return {};
  return {
    degraded: degraded
      .slice(0, keptOfStatus.degraded)
      .map((one) => ({ ...one, reason: cut(one.reason, 'degradedReason') })),
  };
}

/** Its renewal is among the degraded adapters. */
function keptCertificate({ certificate }: AgentStatus): Pick<AgentStatus, 'certificate'> {
  if (certificate === undefined) return {};
  const { validFrom, validUntil, problem } = certificate;
  return { certificate: { validFrom, validUntil, ...(problem !== undefined && { problem }) } };
}

function keptProgress(
  progress: NonNullable<AgentStatus['progress']>,
): NonNullable<AgentStatus['progress']> {
  const { step, steps, title, gates } = progress;
  return {
    step,
    steps,
    title: cut(title, 'title'),
    ...(gates !== undefined && {
      gates: gates.slice(0, keptOfStatus.gates).map(({ condition, why, since, until }) => ({
        condition: cut(condition, 'condition'),
        why: cut(why, 'why'),
        since,
        until,
      })),
    }),
  };
}

function keptSessions(
  sessions: NonNullable<AgentStatus['sessions']>,
): NonNullable<AgentStatus['sessions']> {
  const { worst, oddRoutes } = sessions;
  return {
    ...sessions,
    ...(worst !== undefined && { worst: cut(worst, 'worst') }),
    ...(oddRoutes !== undefined && { oddRoutes: cut(oddRoutes, 'worst') }),
  };
}

function keptGuard(guard: NonNullable<AgentStatus['guard']>): NonNullable<AgentStatus['guard']> {
  const { why } = guard;
  return why === undefined ? guard : { ...guard, why: cut(why, 'guardWhy') };
}

function keptConfirming(
  confirming: NonNullable<AgentStatus['confirming']>,
): NonNullable<AgentStatus['confirming']> {
  const { unhealthy, awaits } = confirming;
  return {
    ...confirming,
    ...(unhealthy !== undefined && { unhealthy: cut(unhealthy, 'unhealthy') }),
    ...(awaits !== undefined && { awaits: cut(awaits, 'awaits') }),
  };
}

function cut(text: string, name: keyof typeof keptOfStatus): string {
  return text.slice(0, keptOfStatus[name]);
}

export function keptOutcome(outcome: DeliveryOutcome): DeliveryOutcome {
  if (outcome.kind !== 'nack') return outcome;
  return { ...outcome, message: briefText(outcome.message), issues: briefIssues(outcome.issues) };
}
