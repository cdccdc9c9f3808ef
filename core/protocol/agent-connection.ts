/** One connection of the agent to its controller: pure. */
import type {
  ChannelMessage,
  ConfigMessage,
  DecisionMessage,
  HelloMessage,
} from '../../schemas/generated/channel-message.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import type { RevisionRef } from '../../schemas/generated/revision.ts';
import {
  noWork,
  takeAcceptance,
  takeConfig,
  takeFailure,
  takeRefusal,
  takeStage,
  type Failure,
  type Work,
  type WorkStep,
} from './agent-work.ts';
import { close, closeCodes, protocolError, type Close } from './close.ts';
import { asking, heard, listening, pulse, type Liveness, type LivenessLimits } from './liveness.ts';
import { controllerLineage } from './messages.ts';
import type { AckStage } from './stages.ts';
import { reportedStatus, sameJson, statusChanges, type ReportedStatus } from './status-changes.ts';

export interface AgentConnection {
  readonly openedAt: number;
  /** The controller has accepted the hello. */
  readonly welcome: boolean;
  readonly liveness: Liveness;
  /** The last hello; facts may change while the connection is open. */
  readonly hello: HelloMessage;
  readonly reported: ReportedStatus;
  readonly work: Work;
}

export type AgentConnectionEvent =
  | { readonly type: 'received'; readonly now: number; readonly message: ChannelMessage }
  /** Data arrived that is no message. */
  | { readonly type: 'garbage'; readonly reason: string }
  | { readonly type: 'accepted'; readonly ref: RevisionRef; readonly stage: AckStage }
  | { readonly type: 'refused'; readonly ref: RevisionRef; readonly failure: Failure }
  | { readonly type: 'stage'; readonly ref: RevisionRef; readonly stage: AckStage }
  | { readonly type: 'failed'; readonly ref: RevisionRef; readonly failure: Failure }
  | { readonly type: 'facts'; readonly facts: HelloMessage['facts'] }
  | { readonly type: 'status'; readonly status: AgentStatus }
  /** arrivedAt: when a part of a message arrived last; absent: unknown. */
  | { readonly type: 'tick'; readonly now: number; readonly arrivedAt?: number };

export type AgentConnectionAction =
  | { readonly type: 'send'; readonly message: ChannelMessage }
  /** Without text: the agent has it, or answers `digest-unknown` as a refusal. */
  | { readonly type: 'offer'; readonly config: ConfigMessage }
  /** A person at the controller decided about a revision. */
  | { readonly type: 'decide'; readonly decision: DecisionMessage };

export type AgentConnectionStep =
  | { readonly connection: AgentConnection; readonly actions: readonly AgentConnectionAction[] }
  | Close;

/**
 * Begins the connection with a hello, and a ping: its pong shows that the controller has accepted
 * the hello.
 */
export function greet(
  now: number,
  hello: HelloMessage,
  status: AgentStatus,
): Exclude<AgentConnectionStep, Close> {
  const reported = reportedStatus(status);
  const { liveness, ping } = asking(listening(now));
  return {
    connection: { openedAt: now, welcome: false, liveness, hello, reported, work: noWork },
    actions: [
      { type: 'send', message: hello },
      { type: 'send', message: { type: 'status', changed: { ...reported } } },
      { type: 'send', message: ping },
    ],
  };
}

export function stepAgentConnection(
  connection: AgentConnection,
  event: AgentConnectionEvent,
  settings: { readonly cluster: string; readonly liveness: LivenessLimits },
): AgentConnectionStep {
  switch (event.type) {
    case 'received':
      return receive(connection, event.message, event.now, settings.cluster);
    case 'garbage':
      return protocolError(event.reason);
    case 'accepted':
      return carryOut(connection, takeAcceptance(connection.work, event.ref, event.stage));
    case 'refused':
      return carryOut(connection, takeRefusal(connection.work, event.ref, event.failure));
    case 'stage':
      return carryOut(connection, takeStage(connection.work, event.ref, event.stage));
    case 'failed':
      return carryOut(connection, takeFailure(connection.work, event.ref, event.failure));
    case 'facts':
      return greetAgain(connection, event.facts);
    case 'status':
      return report(connection, reportedStatus(event.status));
    case 'tick':
      return tick(connection, event, settings.liveness);
  }
}

function receive(
  before: AgentConnection,
  message: ChannelMessage,
  now: number,
  cluster: string,
): AgentConnectionStep {
  const news = heard(before.liveness, message, now);
  if (news.kind === 'lie') return protocolError(news.reason);
  const connection = { ...before, welcome: true, liveness: news.liveness };
  if (news.kind === 'pong') return { connection, actions: [] };
  if (news.kind === 'ping') {
    return { connection, actions: [{ type: 'send', message: news.answer }] };
  }
  if (message.type !== 'config' && message.type !== 'decision') {
    return protocolError(`a controller does not send ${message.type}`);
  }
  if (message.lineage !== controllerLineage(cluster)) {
    return protocolError(`a ${message.type} of another lineage`);
  }
  if (message.type === 'decision') {
    return { connection, actions: [{ type: 'decide', decision: message }] };
  }
  return carryOut(connection, takeConfig(connection.work, message));
}

function carryOut(connection: AgentConnection, step: WorkStep): AgentConnectionStep {
  const actions: AgentConnectionAction[] = step.answers.map((message) => ({
    type: 'send',
    message,
  }));
  if (step.offer !== undefined) actions.push({ type: 'offer', config: step.offer });
  return { connection: { ...connection, work: step.work }, actions };
}

/** Sends changed facts in another hello. */
function greetAgain(
  connection: AgentConnection,
  facts: HelloMessage['facts'],
): AgentConnectionStep {
  if (sameJson(facts, connection.hello.facts)) return { connection, actions: [] };
  const hello = { ...connection.hello, facts };
  return { connection: { ...connection, hello }, actions: [{ type: 'send', message: hello }] };
}

function report(connection: AgentConnection, reported: ReportedStatus): AgentConnectionStep {
  const changed = statusChanges(connection.reported, reported);
  if (changed === undefined) return { connection, actions: [] };
  return {
    connection: { ...connection, reported },
    actions: [{ type: 'send', message: { type: 'status', changed } }],
  };
}

function tick(
  connection: AgentConnection,
  { now, arrivedAt }: Extract<AgentConnectionEvent, { readonly type: 'tick' }>,
  limits: LivenessLimits,
): AgentConnectionStep {
  const beat = pulse(connection.liveness, now, limits, arrivedAt);
  if (beat === 'quiet') return { connection, actions: [] };
  if (beat === 'silent') return close(closeCodes.silence, 'the controller is silent');
  const { liveness, ping } = asking(connection.liveness);
  return {
    connection: { ...connection, liveness },
    actions: [{ type: 'send', message: ping }],
  };
}
