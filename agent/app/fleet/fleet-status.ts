import { fleetText } from '../../../core/fleet/judge-fleet.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { FleetExchange } from '../../ports/fleet.ts';

type FleetStatus = NonNullable<AgentStatus['fleet']>;

const longest = 4096;

/**
 * The status's part about the fleet while a change runs; the same object as long as nothing
 * changed.
 */
export function createFleetStatus(
  exchange: Pick<FleetExchange, 'summary' | 'alone'>,
): () => FleetStatus | undefined {
  let last: FleetStatus | undefined;
  return () => {
    const next = statusOf(exchange);
    if (JSON.stringify(next) !== JSON.stringify(last)) last = next;
    return last;
  };
}

function statusOf(exchange: Pick<FleetExchange, 'summary' | 'alone'>): FleetStatus | undefined {
  const summary = exchange.summary();
  if (summary === undefined) return undefined;
  const why = exchange.alone();
  if (why !== undefined) {
    return { message: `this node alone: ${why}`.slice(0, longest), isAlone: true };
  }
  const { nodes, ready } = summary;
  return { nodes, ready, message: fleetText(summary).slice(0, longest) };
}
