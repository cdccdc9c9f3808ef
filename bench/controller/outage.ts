/** After a long outage: when the agents arrive, by the pauses of core/protocol alone, in simulated time. */
import { nextDelay } from '../../core/protocol/backoff.ts';
import { agentsFor, verdict } from './shown.ts';

/** As agents have it by default. */
const limits = { baseMs: 500, capMs: 30_000 };
const outageMs = 30 * 60_000;
const slotMs = 100;

export function benchFleetOutage(): void {
  const agents = agentsFor(10_000, 10_000);
  console.log(`after an outage of 30 minutes, ${String(agents)} agents; simulated time`);
  const arrivals = Array.from({ length: agents }, () => arrivalOf(Math.random));
  const slots = new Map<number, number>();
  for (const { atMs } of arrivals) {
    const slot = Math.floor((atMs - outageMs) / slotMs);
    slots.set(slot, (slots.get(slot) ?? 0) + 1);
  }
  const last = Math.max(...slots.keys()) + 1;
  const mean = agents / last;
  const peak = Math.max(...slots.values());
  const attempts = arrivals.reduce((sum, one) => sum + one.attempts, 0) / agents;
  console.log(
    `  all back after ${((last * slotMs) / 1000).toFixed(1)} s, ${attempts.toFixed(0)} attempts per agent in all; of 100 ms: mean ${mean.toFixed(1)}, peak ${String(peak)}`,
  );
  verdict('peak against mean', peak / mean, 3);
}

/** The first attempt of one agent after the outage, which began for all at once. */
function arrivalOf(random: () => number): { readonly atMs: number; readonly attempts: number } {
  let atMs = 0;
  for (let attempt = 0; ; attempt += 1) {
    atMs += nextDelay({ attempt, limits, random: random() });
    if (atMs >= outageMs) return { atMs, attempts: attempt + 1 };
  }
}
