import type { AgentConnectionEvent } from '../../core/protocol/agent-connection.ts';
import { refOf } from '../../core/protocol/messages.ts';
import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';
import type { FollowedAgent } from '../app/agent.ts';
import type { AgentSignal } from '../app/status/signals.ts';
import { ackStageOf } from './offer-config.ts';

export interface FollowTiming {
  readonly statusMs: number;
  readonly tickMs: number;
}

/**
 * Sends the agent's events while it is connected: stages at once, status and facts gathered.
 * Returns a function that stops it.
 */
export function followAgent(
  agent: FollowedAgent,
  factsOf: (agent: FollowedAgent) => NodeFactsInput,
  timing: FollowTiming,
  tell: (event: AgentConnectionEvent) => void,
): () => void {
  let gathering: NodeJS.Timeout | undefined;
  const report = (): void => {
    gathering = undefined;
    tell({ type: 'facts', facts: factsOf(agent) });
    tell({ type: 'status', status: agent.readings.status() });
  };
  const unsubscribe = agent.readings.subscribe((event) => {
    if (event.type === 'status') gathering ??= setTimeout(report, timing.statusMs);
    else if (event.type !== 'text-lost') tell(workEventOf(event));
  });
  const ticks = setInterval(() => tell({ type: 'tick', now: performance.now() }), timing.tickMs);
  return () => {
    unsubscribe();
    clearInterval(ticks);
    clearTimeout(gathering);
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
