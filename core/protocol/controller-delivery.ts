/**
 * Delivers the desired configuration to one agent, with its text or as "you have it", once each,
 * and checks the agent's answers. The newest configuration wins.
 */
import type {
  AckMessage,
  ConfigMessage,
  NackMessage,
} from '../../schemas/generated/channel-message.ts';
import type { Rejection, RevisionRef } from '../../schemas/generated/revision.ts';
import { refOf, sameRef, type KnownOfConfig } from './messages.ts';
import { ackStages, rankOf, type AckStage } from './stages.ts';

export interface Delivery {
  /** The configuration for the agent. */
  readonly target?: ConfigMessage;
  /** The digest whose text the agent probably has. */
  readonly held?: string;
  /** The rejections in the agent's hello, which it will not accept again. */
  readonly rejected: readonly Rejection[];
  /** The optional fields of a configuration that the agent knows; absent: none. */
  readonly known?: KnownOfConfig;
  /** The configurations sent on this connection, the oldest first; bounded. */
  readonly sent: readonly Sent[];
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
const remembered = 32;

/** Takes a newer target; `deliverTarget` sends it. */
export function retarget(delivery: Delivery, config: ConfigMessage): Delivery {
  const { target } = delivery;
  return target !== undefined && config.number <= target.number
    ? delivery
    : { ...delivery, target: config };
}

/** Sends the target if it was not sent yet. */
export function deliverTarget(delivery: Delivery): DeliveryStep {
  const { target, sent } = delivery;
  if (target === undefined || sent.some(({ ref }) => sameRef(ref, target))) {
    return { delivery, actions: [] };
  }
  const rejection = delivery.rejected.find(
    ({ digest, lineage, number }) =>
      digest === target.digest &&
      lineage === target.lineage &&
      !(target.retry === true && delivery.known?.retry === true && number < target.number),
  );
  if (rejection !== undefined) return withhold(delivery, target, rejection);
  const why = whyTooOld(target, delivery.known ?? nothing);
  if (why !== undefined) {
    return doNotSend(delivery, target, { code: 'agent-too-old', message: `not sent: ${why}` });
  }
  const known =
    delivery.held === target.digest ||
    sent.some(({ ref, withText }) => withText && ref.digest === target.digest);
  return send(delivery, target, !known);
}

export function takeAck(delivery: Delivery, ack: AckMessage): AnswerStep {
  const answered = find(delivery, ack);
  if (answered === 'long-ago') return { ok: true, delivery, actions: [] };
  if (answered === undefined) return lie('an ack for a configuration that was not sent');
  const rank = rankOf(ack.stage);
  if (answered.ended || rank !== answered.rank + 1)
    return lie(`an ack "${ack.stage}" out of order`);
  const ended = rank === ackStages.length;
  const next = replace(delivery, { ...answered, rank, ended });
  return {
    ok: true,
    delivery: rank === 1 ? { ...next, held: ack.digest } : next,
    actions: [
      { type: 'progress', ref: answered.ref, outcome: { kind: 'stage', stage: ack.stage } },
    ],
  };
}

export function takeNack(delivery: Delivery, nack: NackMessage): AnswerStep {
  const answered = find(delivery, nack);
  if (answered === 'long-ago') return { ok: true, delivery, actions: [] };
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
  return {
    ok: true,
    delivery: replace(delivery, { ...answered, ended: retrying === undefined }),
    actions: [{ type: 'progress', ref: answered.ref, outcome: { kind: 'nack', ...failure } }],
  };
}

/** Sends the text, because the agent does not have it after all. */
function resend(delivery: Delivery, answered: Sent): AnswerStep {
  if (answered.withText || answered.rank > 0) return lie('an unknown digest whose text was sent');
  const { held: _held, ...rest } = replace(delivery, { ...answered, ended: true });
  const { target } = rest;
  if (target === undefined || !sameRef(target, answered.ref)) {
    return { ok: true, delivery: rest, actions: [] };
  }
  const sent = rest.sent.filter(({ ref }) => !sameRef(ref, target));
  return { ok: true, ...send({ ...rest, sent }, target, true) };
}

function send(delivery: Delivery, config: ConfigMessage, withText: boolean): DeliveryStep {
  const ref = refOf(config);
  return {
    delivery: remember(delivery, { ref, withText, rank: 0, ended: false }),
    actions: [
      { type: 'send-config', config, withText, known: delivery.known ?? nothing },
      { type: 'progress', ref, outcome: { kind: 'sent' } },
    ],
  };
}

const nothing: KnownOfConfig = {
  retry: false,
  terms: false,
  decisions: false,
  clusterShare: false,
};

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
  const ref = refOf(target);
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
  return { ...delivery, sent: [...delivery.sent, sent].slice(-remembered) };
}

function replace(delivery: Delivery, changed: Sent): Delivery {
  const sent = delivery.sent.map((one) => (sameRef(one.ref, changed.ref) ? changed : one));
  return { ...delivery, sent };
}

function find(delivery: Delivery, ref: RevisionRef): Sent | 'long-ago' | undefined {
  const { sent } = delivery;
  const oldest = sent[0];
  if (sent.length === remembered && oldest !== undefined && ref.number < oldest.ref.number) {
    return 'long-ago';
  }
  return sent.find((one) => sameRef(one.ref, ref));
}

function lie(reason: string): AnswerStep {
  return { ok: false, reason };
}
