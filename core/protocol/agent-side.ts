/**
 * The agent's side of the control channel, over all its connections: pure. The caller carries out
 * the actions in their order, and hands in events with their times, in ms of a monotonic clock.
 */
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import type { HelloMessage } from '../../schemas/generated/channel-message.ts';
import {
  greet,
  stepAgentConnection,
  type AgentConnection,
  type AgentConnectionAction,
  type AgentConnectionEvent,
} from './agent-connection.ts';
import { nextDelay, type BackoffLimits } from './backoff.ts';
import { close, closeCodes, type Close } from './close.ts';
import type { LivenessLimits } from './liveness.ts';

export interface AgentSideSettings {
  readonly cluster: string;
  readonly backoff: BackoffLimits;
  readonly liveness: LivenessLimits;
}

/** `attempt` counts the attempts since the last connection that was open for a while. */
export type AgentSide =
  | { readonly phase: 'stopped' }
  | { readonly phase: 'waiting'; readonly attempt: number }
  | { readonly phase: 'connecting'; readonly attempt: number }
  | { readonly phase: 'open'; readonly attempt: number; readonly connection: AgentConnection }
  | { readonly phase: 'closing'; readonly attempt: number; readonly openedAt: number };

export type AgentSideEvent =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  /** The time to wait is over. */
  | { readonly type: 'due' }
  | Opened
  | AgentConnectionEvent
  | Closed;

interface Opened {
  readonly type: 'opened';
  readonly now: number;
  readonly hello: HelloMessage;
  readonly status: AgentStatus;
}

/** The connection has ended, or could not be made. */
interface Closed {
  readonly type: 'closed';
  readonly now: number;
  readonly random: number;
  readonly retryAfterMs?: number;
}

export type AgentSideAction =
  | { readonly type: 'dial' }
  | AgentConnectionAction
  | { readonly type: 'reconnect-after'; readonly delayMs: number }
  | Close;

export interface AgentSideStep {
  readonly state: AgentSide;
  readonly actions: readonly AgentSideAction[];
}

export const stoppedAgentSide: AgentSide = { phase: 'stopped' };

export function isWelcome(state: AgentSide): boolean {
  return state.phase === 'open' && state.connection.welcome;
}

export function stepAgentSide(
  state: AgentSide,
  event: AgentSideEvent,
  settings: AgentSideSettings,
): AgentSideStep {
  switch (event.type) {
    case 'start':
      return state.phase === 'stopped' ? dial(0) : stay(state);
    case 'due':
      return state.phase === 'waiting' ? dial(state.attempt) : stay(state);
    case 'stop':
      return stop(state);
    case 'opened':
      return state.phase === 'connecting' ? open(state.attempt, event) : stay(state);
    case 'closed':
      return wait(state, event, settings.backoff);
    case 'received':
    case 'garbage':
    case 'accepted':
    case 'refused':
    case 'stage':
    case 'failed':
    case 'facts':
    case 'status':
    case 'tick':
      return state.phase === 'open' ? goOn(state, event, settings) : stay(state);
  }
}

function dial(attempt: number): AgentSideStep {
  return { state: { phase: 'connecting', attempt }, actions: [{ type: 'dial' }] };
}

function stop(state: AgentSide): AgentSideStep {
  const actions = state.phase === 'open' ? [close(closeCodes.goingAway, 'the agent stops')] : [];
  return { state: stoppedAgentSide, actions };
}

function open(attempt: number, { now, hello, status }: Opened): AgentSideStep {
  const { connection, actions } = greet(now, hello, status);
  return { state: { phase: 'open', attempt, connection }, actions };
}

function goOn(
  { attempt, connection }: Extract<AgentSide, { readonly phase: 'open' }>,
  event: AgentConnectionEvent,
  settings: AgentSideSettings,
): AgentSideStep {
  const step = stepAgentConnection(connection, event, settings);
  if ('connection' in step) {
    const state = { phase: 'open', attempt, connection: step.connection } as const;
    return { state, actions: step.actions };
  }
  return { state: { phase: 'closing', attempt, openedAt: connection.openedAt }, actions: [step] };
}

/**
 * Only a connection that was open for a while resets the backoff: a controller that accepts every
 * hello and ends the connection, or two agents with one name, must not cause attempts without
 * pause.
 */
function wait(state: AgentSide, event: Closed, limits: BackoffLimits): AgentSideStep {
  if (state.phase === 'stopped' || state.phase === 'waiting') return stay(state);
  const stood = event.now - openedAt(state, event.now) >= limits.capMs;
  const attempt = stood ? 0 : state.attempt;
  const { random, retryAfterMs = 0 } = event;
  const delayMs = nextDelay({ attempt, limits, random, retryAfterMs });
  return {
    state: { phase: 'waiting', attempt: attempt + 1 },
    actions: [{ type: 'reconnect-after', delayMs }],
  };
}

function openedAt(state: AgentSide, otherwise: number): number {
  if (state.phase === 'open') return state.connection.openedAt;
  return state.phase === 'closing' ? state.openedAt : otherwise;
}

function stay(state: AgentSide): AgentSideStep {
  return { state, actions: [] };
}
