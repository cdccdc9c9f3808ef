import type { AgentConnectionEvent } from '../../core/protocol/agent-connection.ts';
import { refOf } from '../../core/protocol/messages.ts';
import { firstSent, sendInMs, statusSent } from '../../core/protocol/pace-status.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';
import type { FollowedAgent } from '../app/agent.ts';
import type { AgentSignal } from '../app/status/signals.ts';
import { ackStageOf } from './offer-config.ts';

export interface Follow {
  readonly agent: { readonly readings: Pick<FollowedAgent['readings'], 'status' | 'subscribe'> };
  readonly facts: () => NodeFactsInput;
  /** The status that the controller has. */
  readonly status: AgentStatus;
  readonly timing: { readonly statusMs: number; readonly tickMs: number };
  /** At least 0, less than 1. */
  readonly random: () => number;
  /** How many bytes have arrived, with those of unfinished messages. */
  readonly receivedBytes: () => number;
  readonly tell: (event: AgentConnectionEvent) => void;
}

/** Fewer bytes may be pings of a proxy, whose controller is gone. */
const partBytes = 16 * 1024;

/**
 * Sends the agent's events while it is connected: stages at once, status and facts gathered.
 * Returns a function that stops it.
 */
export function followAgent(follow: Follow): () => void {
  const { agent, timing, receivedBytes, tell } = follow;
  const statuses = followStatus(follow);
  const unsubscribe = agent.readings.subscribe((event) => {
    if (event.type === 'status') statuses.changed();
    else if (event.type !== 'text-lost') tell(workEventOf(event));
  });
  let [received, arrivedAt] = [receivedBytes(), performance.now()];
  const ticks = setInterval(() => {
    const now = performance.now();
    const bytes = receivedBytes();
    if (bytes - received >= partBytes) [received, arrivedAt] = [bytes, now];
    tell({ type: 'tick', now, arrivedAt });
  }, timing.tickMs);
  return () => {
    unsubscribe();
    clearInterval(ticks);
    statuses.stop();
  };
}

function followStatus({ agent, facts, status, timing, random, tell }: Follow): {
  readonly changed: () => void;
  readonly stop: () => void;
} {
  let sent = firstSent(status, performance.now());
  let sentFacts = JSON.stringify(facts());
  let timer: NodeJS.Timeout | undefined;
  let atMs = Infinity;
  const report = (): void => {
    [timer, atMs] = [undefined, Infinity];
    const next = agent.readings.status();
    const factsNow = facts();
    [sent, sentFacts] = [statusSent(sent, next, performance.now()), JSON.stringify(factsNow)];
    tell({ type: 'facts', facts: factsNow });
    tell({ type: 'status', status: next });
  };
  return {
    changed: () => {
      const nowMs = performance.now();
      const isNewFacts = JSON.stringify(facts()) !== sentFacts;
      const dueMs = isNewFacts ? 0 : sendInMs(sent, agent.readings.status(), nowMs, random());
      if (dueMs === undefined) return;
      const nextMs = nowMs + Math.max(dueMs, timing.statusMs);
      if (nextMs >= atMs) return;
      clearTimeout(timer);
      atMs = nextMs;
      timer = setTimeout(report, nextMs - nowMs);
    },
    stop: () => clearTimeout(timer),
  };
}

function workEventOf(
  event: Exclude<AgentSignal, { readonly type: 'status' | 'text-lost' }>,
): AgentConnectionEvent {
  const ref = refOf(event.revision);
  if (event.type === 'stage') return { type: 'stage', ref, stage: ackStageOf(event.stage) };
  const { code, message, issues, retrying } = event;
  const failure = { code, message, issues: [...issues] };
  return { type: 'failed', ref, failure: retrying ? { ...failure, retrying } : failure };
}
