/**
 * The controller's side of one connection of the control channel: pure. The caller carries out the
 * actions in their order; times come with the events, in ms of a monotonic clock.
 */
import type {
  ChannelMessage,
  DecisionMessage,
  HelloMessage,
} from '../../schemas/generated/channel-message.ts';
import { close, closeCodes, protocolError, type Close } from './close.ts';
import {
  nothingSent,
  takeNack,
  type AnswerStep,
  type Delivery,
  type DeliveryAction,
  type Target,
} from './delivery/controller-delivery.ts';
import { knownOf } from './messages.ts';
import {
  asking,
  backlogSince,
  heard,
  heardOf,
  judgeBacklog,
  listening,
  pulse,
  type Backlog,
  type BacklogLimits,
  type Liveness,
  type LivenessLimits,
} from './liveness.ts';
import { ownDeliveries, type DeliverySteps } from './delivery/shared-deliveries.ts';

export interface ControllerSideSettings extends BacklogLimits {
  readonly cluster: string;
  readonly liveness: LivenessLimits;
  /** How long a connection may be open without a hello. */
  readonly helloMs: number;
  /** Absent: the connection shares its deliveries with no others. */
  readonly deliveries?: DeliverySteps;
}

/**
 * All states have the same fields, made by one literal (`next`): copies of an object with others, by spreading,
 * take several times the memory and time, and there are thousands of connections.
 */
export interface ControllerSide {
  readonly phase: 'greeting' | 'open' | 'over';
  /** The node; undefined: before the hello. */
  readonly node: string | undefined;
  /** The node in the agent's certificate, in lower case; undefined: it has no certificate. */
  readonly certified: string | undefined;
  readonly openedAt: number;
  readonly liveness: Liveness;
  readonly delivery: Delivery;
  /** Sent data that waits to be read; undefined: little does. */
  readonly backlog: Backlog | undefined;
}

export type ControllerSideEvent =
  | { readonly type: 'received'; readonly now: number; readonly message: ChannelMessage }
  /** Data arrived that is no message, or does not fit the previous messages. */
  | { readonly type: 'garbage'; readonly reason: string }
  /** A message that a newer agent may send, and this controller does not know. */
  | { readonly type: 'unknown'; readonly now: number; readonly reason: string }
  | ({ readonly type: 'target' } & Target)
  /** A person decided about a revision. Agents that do not know that get nothing. */
  | { readonly type: 'decided'; readonly message: DecisionMessage }
  /** Too much sent data waits to be read. No configuration is sent until it is read. */
  | { readonly type: 'congested'; readonly now: number }
  | { readonly type: 'drained'; readonly now: number }
  /** @param unsent bytes that the kernel has not taken yet; for a side that is not congested any number */
  | { readonly type: 'tick'; readonly now: number; readonly unsent: number };

export type ControllerSideAction =
  | DeliveryAction
  | { readonly type: 'send'; readonly message: ChannelMessage }
  /** The agent sent a hello: the first one, or another one with changed facts. */
  | { readonly type: 'greeted' | 'refreshed'; readonly hello: HelloMessage }
  /** Its hello names another node than its certificate. The connection ends. */
  | { readonly type: 'misnamed'; readonly certified: string; readonly claimed: string }
  | { readonly type: 'status'; readonly changed: Readonly<Record<string, unknown>> }
  | Close
  /** Ends the connection without a close frame, because the other side does not read. */
  | { readonly type: 'terminate'; readonly reason: string };

export interface ControllerSideStep {
  readonly state: ControllerSide;
  readonly actions: readonly ControllerSideAction[];
}

/** @param certified the node in the agent's certificate; undefined: it has no certificate */
export function awaitHello(now: number, certified?: string): ControllerSide {
  return {
    phase: 'greeting',
    node: undefined,
    certified,
    openedAt: now,
    liveness: listening(now),
    delivery: nothingSent,
    backlog: undefined,
  };
}

interface Changes {
  readonly phase?: ControllerSide['phase'];
  readonly node?: string;
  readonly liveness?: Liveness;
  readonly delivery?: Delivery;
}

function next(
  { phase, node, certified, openedAt, liveness, delivery, backlog }: ControllerSide,
  changes: Changes,
): ControllerSide {
  return {
    phase: changes.phase ?? phase,
    node: changes.node ?? node,
    certified,
    openedAt,
    liveness: changes.liveness ?? liveness,
    delivery: changes.delivery ?? delivery,
    backlog,
  };
}

export function stepControllerSide(
  state: ControllerSide,
  event: ControllerSideEvent,
  settings: ControllerSideSettings,
): ControllerSideStep {
  if (state.phase === 'over') return keep(state);
  const { deliveries = ownDeliveries } = settings;
  switch (event.type) {
    case 'received':
      return state.phase === 'greeting'
        ? greet(state, event, settings.cluster, deliveries)
        : receive(state, event, deliveries);
    case 'garbage':
      return end(state, protocolError(event.reason));
    case 'unknown':
      if (state.phase === 'greeting') return end(state, protocolError(event.reason));
      return keep(next(state, { liveness: heardOf(state.liveness, event.now) }));
    case 'target':
      return deliver(state, deliveries.retarget(state.delivery, event), deliveries);
    case 'decided': {
      const isKnown = state.phase === 'open' && state.delivery.known?.decisions === true;
      return keep(state, isKnown ? [{ type: 'send', message: event.message }] : []);
    }
    case 'congested':
      return keep({ ...state, backlog: state.backlog ?? backlogSince(event.now) });
    case 'drained': {
      // Nothing was read of it meanwhile, but it has read.
      const liveness = heardOf(state.liveness, event.now);
      return deliver({ ...state, liveness, backlog: undefined }, state.delivery, deliveries);
    }
    case 'tick':
      return tick(state, event, settings);
  }
}

type Received = Extract<ControllerSideEvent, { readonly type: 'received' }>;

function greet(
  state: ControllerSide,
  { message, now }: Received,
  cluster: string,
  deliveries: DeliverySteps,
): ControllerSideStep {
  if (message.type !== 'hello') {
    return end(state, protocolError(`the first message is ${message.type} and not hello`));
  }
  if (message.cluster !== cluster) {
    const reason = `this controller serves cluster "${cluster}", not "${message.cluster}"`;
    return end(state, close(closeCodes.wrongCluster, reason));
  }
  const { certified = message.node.toLowerCase() } = state;
  if (message.node.toLowerCase() !== certified) {
    const reason = `the certificate is for node "${certified}", not "${message.node}"`;
    const ended = end(state, close(closeCodes.wrongIdentity, reason));
    const claimed = message.node;
    return { ...ended, actions: [{ type: 'misnamed', certified, claimed }, ...ended.actions] };
  }
  const { accepted, rejected } = message.revisions;
  const known = knownOf(message.capabilities);
  const opened = next(state, {
    phase: 'open',
    node: message.node,
    liveness: heardOf(state.liveness, now),
  });
  const greeting = { held: accepted?.digest, rejected, known };
  const greeted = deliver(opened, deliveries.greetedBy(state.delivery, greeting), deliveries);
  return { ...greeted, actions: [{ type: 'greeted', hello: message }, ...greeted.actions] };
}

function receive(
  before: ControllerSide,
  { message, now }: Received,
  deliveries: DeliverySteps,
): ControllerSideStep {
  const news = heard(before.liveness, message, now);
  if (news.kind === 'lie') return end(before, protocolError(news.reason));
  const { liveness } = news;
  if (message.type === 'ack') {
    return answered(before, liveness, deliveries.takeAck(before.delivery, message));
  }
  if (message.type === 'nack') {
    return answered(before, liveness, takeNack(before.delivery, message));
  }
  const state = next(before, { liveness });
  if (news.kind === 'pong') return keep(state);
  if (news.kind === 'ping') return keep(state, [{ type: 'send', message: news.answer }]);
  if (message.type === 'status') {
    return keep(state, [{ type: 'status', changed: message.changed }]);
  }
  if (message.type === 'hello' && message.node === state.node) {
    return keep(state, [{ type: 'refreshed', hello: message }]);
  }
  return end(state, protocolError(`an agent does not send ${message.type} here`));
}

/** Makes one new state: answers come by the thousand. */
function answered(
  before: ControllerSide,
  liveness: Liveness,
  step: AnswerStep,
): ControllerSideStep {
  return step.ok
    ? keep(next(before, { liveness, delivery: step.delivery }), step.actions)
    : end(next(before, { liveness }), protocolError(step.reason));
}

/** @param wanted the delivery, of which the target is sent if it was not sent yet */
function deliver(
  state: ControllerSide,
  wanted: Delivery,
  deliveries: DeliverySteps,
): ControllerSideStep {
  const isReady = state.phase === 'open' && state.backlog === undefined;
  const { delivery, actions } = isReady
    ? deliveries.deliverTarget(wanted)
    : { delivery: wanted, actions: none };
  return delivery === state.delivery
    ? keep(state, actions)
    : keep(next(state, { delivery }), actions);
}

function tick(
  state: ControllerSide,
  { now, unsent }: Extract<ControllerSideEvent, { readonly type: 'tick' }>,
  settings: ControllerSideSettings,
): ControllerSideStep {
  if (state.backlog !== undefined) {
    const { backlog, fault } = judgeBacklog(state.backlog, { now, unsent }, settings);
    // Its messages wait, too, so its silence says nothing.
    if (fault === undefined) return keep({ ...state, backlog });
    return end(state, { type: 'terminate', reason: fault });
  }
  if (state.phase === 'greeting') {
    return now - state.openedAt >= settings.helloMs
      ? end(state, close(closeCodes.silence, 'no hello'))
      : keep(state);
  }
  const beat = pulse(state.liveness, now, settings.liveness);
  if (beat === 'quiet') return keep(state);
  if (beat === 'silent') {
    return end(state, close(closeCodes.silence, 'the agent is silent'));
  }
  const { liveness, ping } = asking(state.liveness);
  return keep(next(state, { liveness }), [{ type: 'send', message: ping }]);
}

function end(
  state: ControllerSide,
  last: Extract<ControllerSideAction, { readonly type: 'close' | 'terminate' }>,
): ControllerSideStep {
  return { state: next(state, { phase: 'over' }), actions: [last] };
}

const none: readonly ControllerSideAction[] = [];

function keep(
  state: ControllerSide,
  actions: readonly ControllerSideAction[] = none,
): ControllerSideStep {
  return { state, actions };
}
