/**
 * Recognises two machines with one node name, which replace each other's connection again and
 * again.
 */
import type { Instance, NodeRecord, Replacement } from './node-record.ts';

/** An older observation does not count, and is not shown. */
const rivalryMs = 10 * 60 * 1000;
const remembered = 8;

export interface Arrival {
  /** Absent: the agent does not send it. */
  readonly instance?: string;
  readonly remote: string;
  readonly at: string;
}

/** The processes that connected as this node, the newest last. */
export function withArrival(
  before: readonly Instance[] = [],
  { instance, at }: Arrival,
): readonly Instance[] {
  if (instance === undefined) return before;
  const recent = before.filter((one) => isRecent(one.at, at) && one.id !== instance);
  return [...recent, { id: instance, at }].slice(-remembered);
}

/**
 * If a process connects again after another one had replaced it, there are two. Agents that send no
 * process ID differ only by their addresses.
 */
export function replacementBy(
  arrival: Arrival,
  record: NodeRecord | undefined,
  from: string,
): Replacement {
  const { instance, remote: by, at } = arrival;
  const earlier = recentReplacement(record?.replaced, at);
  const seen = record?.instances ?? [];
  const cameBack =
    instance !== undefined &&
    seen.at(-1)?.id !== instance &&
    seen.some((one) => one.id === instance && isRecent(one.at, at));
  const rivals = cameBack || by !== from || earlier?.rivals === true;
  return { count: (earlier?.count ?? 0) + 1, at, by, from, ...(rivals ? { rivals } : {}) };
}

export function recentReplacement(
  replaced: Replacement | undefined,
  now: string,
): Replacement | undefined {
  return replaced !== undefined && isRecent(replaced.at, now) ? replaced : undefined;
}

function isRecent(at: string, now: string): boolean {
  return Date.parse(now) - Date.parse(at) < rivalryMs;
}
