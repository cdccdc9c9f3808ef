/**
 * Delivers the desired configuration to one agent, with its text or as "you have it", once each,
 * and checks the agent's answers. The newest configuration wins.
 */
import type {
  AckMessage,
  ConfigMessage,
  NackMessage,
} from '../../../schemas/generated/channel-message.ts';
import type { Rejection, RevisionRef } from '../../../schemas/generated/revision.ts';
import { nothingKnown, refOf, sameRef, type KnownOfConfig } from '../messages.ts';
import { ackStages, rankOf, type AckStage } from '../stages.ts';

/** All have the same fields, made by one literal (`next`), as the states of the connection. */
export interface Delivery {
  /** The configuration for the agent. */
  readonly target: ConfigMessage | undefined;
  /** Of the target. */
  readonly ref: RevisionRef | undefined;
  /** The digest whose text the agent probably has. */
  readonly held: string | undefined;
  /** The rejections in the agent's hello, which it will not accept again. */
  readonly rejected: readonly Rejection[];
  /** The optional fields of a configuration that the agent knows; undefined: none. */
  readonly known: KnownOfConfig | undefined;
  /** The configurations sent on this connection, the oldest first; bounded. */
  readonly sent: readonly Sent[];
}

export interface Target {
  readonly config: ConfigMessage;
  /** Of the configuration: one for all connections takes the least memory; absent: it is made. */
  readonly ref?: RevisionRef;
}

export const nothingSent: Delivery = {
  target: undefined,
  ref: undefined,
  held: undefined,
  rejected: [],
  known: undefined,
  sent: [],
};

function next(
  { target, ref, held, rejected, known, sent }: Delivery,
  changes: { readonly sent?: readonly Sent[]; readonly held?: string },
): Delivery {
  return { target, ref, held: changes.held ?? held, rejected, known, sent: changes.sent ?? sent };
}

interface Sent {
  readonly ref: RevisionRef;
  readonly withText: boolean;
  readonly rank: number;
  readonly ended: boolean;
}

export type DeliveryAction =
  /** Without text: "you have it". One frame serves all agents, so the message is not in it yet. */
  | {
      readonly type: 'send-config';
      readonly config: ConfigMessage;
      readonly withText: boolean;
      readonly known: KnownOfConfig;
    }
  | { readonly type: 'progress'; readonly ref: RevisionRef; readonly outcome: DeliveryOutcome };

export type DeliveryOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'stage'; readonly stage: AckStage }
  | ({
      readonly kind: 'nack';
      /** The agent had accepted it, and rolls back to its previous one. */
      readonly wasTaken?: true;
    } & Pick<NackMessage, 'code' | 'message' | 'issues' | 'retrying'>);

export interface DeliveryStep {
  readonly delivery: Delivery;
  readonly actions: readonly DeliveryAction[];
}

export type AnswerStep =
  ({ readonly ok: true } & DeliveryStep) | { readonly ok: false; readonly reason: string };

/** How many sendings are remembered for each connection. */
const remembered = 8;

/** The part of the agent's hello that matters for the delivery. */
export type Greeting = Pick<Delivery, 'held' | 'rejected' | 'known'>;

/** The agent's hello came. */
export function greetedBy(
  { target, ref, rejected: none, sent }: Delivery,
  { held, rejected, known }: Greeting,
): Delivery {
  return { target, ref, held, rejected: rejected.length === 0 ? none : rejected, known, sent };
}

/** Takes a newer target; `deliverTarget` sends it. */
export function retarget(delivery: Delivery, { config, ref = refOf(config) }: Target): Delivery {
  const { target, held, rejected, known, sent } = delivery;
  if (target !== undefined && config.number <= target.number) return delivery;
  return { target: config, ref, held, rejected, known, sent };
}

/** Sends the target if it was not sent yet. */
export function deliverTarget(delivery: Delivery): DeliveryStep {
  const { target, sent } = delivery;
  if (target === undefined || find(delivery, target) !== undefined) {
    return { delivery, actions: none };
  }
  const rejection = delivery.rejected.length === 0 ? undefined : rejectionOf(delivery, target);
  if (rejection !== undefined) return withhold(delivery, target, rejection);
  const why = whyTooOld(target, delivery.known ?? nothingKnown);
  if (why !== undefined) {
    return doNotSend(delivery, target, { code: 'agent-too-old', message: `not sent: ${why}` });
  }
  const known = delivery.held === target.digest || hasText(sent, target.digest);
  return send(delivery, target, !known);
}

function rejectionOf({ rejected, known }: Delivery, target: ConfigMessage): Rejection | undefined {
  return rejected.find(
    ({ digest, lineage, number }) =>
      digest === target.digest &&
      lineage === target.lineage &&
      !(target.retry === true && known?.retry === true && number < target.number),
  );
}

/** Whether the text of this digest was sent. */
function hasText(sent: readonly Sent[], digest: string): boolean {
  for (const { ref, withText } of sent) if (withText && ref.digest === digest) return true;
  return false;
}

export function takeAck(delivery: Delivery, ack: AckMessage): AnswerStep {
  const answered = find(delivery, ack);
  if (answered === undefined) {
    if (isLongAgo(delivery, ack)) return { ok: true, delivery, actions: none };
    return lie('an ack for a configuration that was not sent');
  }
  const rank = rankOf(ack.stage);
  if (answered.ended || rank !== answered.rank + 1)
    return lie(`an ack "${ack.stage}" out of order`);
  const ended = rank === ackStages.length;
  const { ref, withText } = answered;
  const sent = replaced(delivery.sent, answered, { ref, withText, rank, ended });
  return {
    ok: true,
    delivery: next(delivery, rank === 1 ? { sent, held: ref.digest } : { sent }),
    actions: [{ type: 'progress', ref, outcome: { kind: 'stage', stage: ack.stage } }],
  };
}

export function takeNack(delivery: Delivery, nack: NackMessage): AnswerStep {
  if (isLongAgo(delivery, nack)) return { ok: true, delivery, actions: none };
  const answered = find(delivery, nack);
  if (answered === undefined) return lie('a nack for a configuration that was not sent');
  if (answered.ended) return lie('a nack out of order');
  if (nack.code === 'digest-unknown') return resend(delivery, answered);
  const { code, message, issues, retrying } = nack;
  const failure = {
    code,
    message,
    issues,
    ...(retrying !== undefined && { retrying }),
    ...(answered.rank > 0 && { wasTaken: true as const }),
  };
  const after = { ...answered, ended: retrying === undefined };
  return {
    ok: true,
    delivery: next(delivery, { sent: replaced(delivery.sent, answered, after) }),
    actions: [{ type: 'progress', ref: answered.ref, outcome: { kind: 'nack', ...failure } }],
  };
}

/** Sends the text, because the agent does not have it after all. */
function resend(delivery: Delivery, answered: Sent): AnswerStep {
  if (answered.withText || answered.rank > 0) return lie('an unknown digest whose text was sent');
  const { target } = delivery;
  if (target === undefined || !sameRef(target, answered.ref)) {
    const sent = replaced(delivery.sent, answered, { ...answered, ended: true });
    return { ok: true, delivery: { ...delivery, held: undefined, sent }, actions: none };
  }
  const sent = delivery.sent.filter((one) => one !== answered);
  return { ok: true, ...send({ ...delivery, held: undefined, sent }, target, true) };
}

function send(delivery: Delivery, config: ConfigMessage, withText: boolean): DeliveryStep {
  const { ref = refOf(config) } = delivery;
  return {
    delivery: remember(delivery, { ref, withText, rank: 0, ended: false }),
    actions: [
      { type: 'send-config', config, withText, known: delivery.known ?? nothingKnown },
      { type: 'progress', ref, outcome: { kind: 'sent' } },
    ],
  };
}

function withhold(delivery: Delivery, target: ConfigMessage, rejection: Rejection): DeliveryStep {
  const message = `not sent: the agent rejected it before: ${rejection.reason}`;
  return doNotSend(delivery, target, { code: 'rejected-before', message });
}

/**
 * An older agent would confirm the configuration by itself, or write the cluster-wide resources for
 * all nodes. undefined: the agent knows the terms that it has to know.
 */
function whyTooOld(
  { confirmSeconds, clusterShare }: ConfigMessage,
  known: KnownOfConfig,
): string | undefined {
  if (confirmSeconds !== undefined && !known.decisions) {
    return 'this agent is older, and does not know that a person confirms at the controller; upgrade it, or push without --confirm-within';
  }
  if (clusterShare !== undefined && !known.clusterShare) {
    return 'this agent is older, and would change the cluster-wide resources before all nodes have their share; upgrade it';
  }
  return undefined;
}

function doNotSend(
  delivery: Delivery,
  target: ConfigMessage,
  { code, message }: Pick<NackMessage, 'code' | 'message'>,
): DeliveryStep {
  const { ref = refOf(target) } = delivery;
  const outcome: DeliveryOutcome = {
    kind: 'nack',
    code,
    message: message.slice(0, 4096),
    issues: [],
  };
  return {
    delivery: remember(delivery, { ref, withText: false, rank: 0, ended: true }),
    actions: [{ type: 'progress', ref, outcome }],
  };
}

function remember(delivery: Delivery, sent: Sent): Delivery {
  const before = delivery.sent.length < remembered ? delivery.sent : delivery.sent.slice(1);
  return next(delivery, { sent: [...before, sent] });
}

function replaced(all: readonly Sent[], before: Sent, after: Sent): readonly Sent[] {
  return all.with(all.indexOf(before), after);
}

/** Whether it may have been sent before those that are remembered. */
function isLongAgo({ sent }: Delivery, { number }: RevisionRef): boolean {
  const [oldest] = sent;
  return sent.length === remembered && oldest !== undefined && number < oldest.ref.number;
}

/** The newest ones are asked for most. */
function find({ sent }: Delivery, ref: RevisionRef): Sent | undefined {
  for (let place = sent.length - 1; place >= 0; place -= 1) {
    const one = sent[place];
    if (one !== undefined && sameRef(one.ref, ref)) return one;
  }
  return undefined;
}

const none: readonly DeliveryAction[] = [];

function lie(reason: string): AnswerStep {
  return { ok: false, reason };
}
