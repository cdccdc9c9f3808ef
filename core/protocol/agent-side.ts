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
  /** How many addresses the controllers have, which share a store. Absent: one. */
  readonly addresses?: number;
}

interface Trying {
  /** Counts the attempts, at any address, since the last connection that was open for a while. */
  readonly attempt: number;
  /** The index of the address of this attempt, or of the next one while the agent waits. */
  readonly address: number;
}

export type AgentSide =
  | { readonly phase: 'stopped' }
  | ({ readonly phase: 'waiting' } & Trying)
  | ({ readonly phase: 'connecting' } & Trying)
  | Open
  | ({ readonly phase: 'closing'; readonly openedAt: number } & Trying);

interface Open extends Trying {
  readonly phase: 'open';
  readonly connection: AgentConnection;
}

export type AgentSideEvent =
  /**
   * `random` (at least 0, less than 1) chooses the first address, so that agents spread. Absent:
   * the first one of the list.
   */
  | { readonly type: 'start'; readonly random?: number }
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
  | { readonly type: 'dial'; readonly address: number }
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
      return state.phase === 'stopped' ? dial(firstOf(event.random, settings)) : stay(state);
    case 'due':
      return state.phase === 'waiting' ? dial(state) : stay(state);
    case 'stop':
      return stop(state);
    case 'opened':
      return state.phase === 'connecting' ? open(state, event) : stay(state);
    case 'closed':
      return wait(state, event, settings);
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

function firstOf(random = 0, { addresses = 1 }: AgentSideSettings): Trying {
  return { attempt: 0, address: Math.floor(random * addresses) };
}

function dial({ attempt, address }: Trying): AgentSideStep {
  return { state: { phase: 'connecting', attempt, address }, actions: [{ type: 'dial', address }] };
}

function stop(state: AgentSide): AgentSideStep {
  const actions = state.phase === 'open' ? [close(closeCodes.goingAway, 'the agent stops')] : [];
  return { state: stoppedAgentSide, actions };
}

function open({ attempt, address }: Trying, { now, hello, status }: Opened): AgentSideStep {
  const { connection, actions } = greet(now, hello, status);
  return { state: { phase: 'open', attempt, address, connection }, actions };
}

function goOn(
  { attempt, address, connection }: Open,
  event: AgentConnectionEvent,
  settings: AgentSideSettings,
): AgentSideStep {
  const step = stepAgentConnection(connection, event, settings);
  if ('connection' in step) {
    const state = { phase: 'open', attempt, address, connection: step.connection } as const;
    return { state, actions: step.actions };
  }
  const closing = { phase: 'closing', attempt, address, openedAt: connection.openedAt } as const;
  return { state: closing, actions: [step] };
}

/**
 * Waits before the next address; after the last one the first one follows. All addresses share one
 * backoff, so that a list of dead controllers costs no more attempts than one of them. Only a
 * connection that was open for a while resets it: a controller that accepts every hello and ends
 * the connection, or two agents with one name, must not cause attempts without pause.
 */
function wait(state: AgentSide, event: Closed, settings: AgentSideSettings): AgentSideStep {
  if (state.phase === 'stopped' || state.phase === 'waiting') return stay(state);
  const { backoff: limits, addresses = 1 } = settings;
  const stood = event.now - openedAt(state, event.now) >= limits.capMs;
  const attempt = stood ? 0 : state.attempt;
  const delayMs = nextDelay({
    attempt,
    limits,
    random: event.random,
    retryAfterMs: pauseBefore(event, settings),
  });
  const address = (state.address + 1) % addresses;
  return {
    state: { phase: 'waiting', attempt: attempt + 1, address },
    actions: [{ type: 'reconnect-after', delayMs }],
  };
}

/** A controller that asks for a long pause must not keep the agent from the other addresses. */
function pauseBefore(
  { retryAfterMs = 0 }: Closed,
  { addresses = 1, backoff: { capMs } }: AgentSideSettings,
): number {
  return addresses === 1 ? retryAfterMs : Math.min(retryAfterMs, capMs);
}

function openedAt(state: AgentSide, otherwise: number): number {
  if (state.phase === 'open') return state.connection.openedAt;
  return state.phase === 'closing' ? state.openedAt : otherwise;
}

function stay(state: AgentSide): AgentSideStep {
  return { state, actions: [] };
}
