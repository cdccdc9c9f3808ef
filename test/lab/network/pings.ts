/** Pings between all pods, and the number of lost ones: a process in each pod sends and counts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { Namespaces } from './namespaces.ts';
import { packetsDroppedByQueues } from './packet-queue.ts';
import type { LabNode } from './topology.ts';
import { podNamespace } from './wiring.ts';

export interface PairReport {
  /** `node-0 node-1 IPv6` */
  readonly pair: string;
  readonly nodes: readonly [string, string];
  readonly family: 4 | 6;
  readonly sent: number;
  /** One of the two directions did not arrive. */
  readonly lost: number;
  /** The first and the last loss: Date.now(). */
  readonly firstLostAt?: number;
  readonly lastLostAt?: number;
}

export interface PingReport {
  readonly sent: number;
  readonly lost: number;
  readonly pairs: readonly PairReport[];
  /** Packets of all programs that the machine had no time for meanwhile. */
  readonly droppedByQueues: number;
}

export interface Pings {
  /**
   * Waits until no ping was lost for so many seconds. Rejects with those that are still lost at the
   * end.
   */
  quiet(seconds: number, withinMs: number): Promise<void>;
  /** All since the start. */
  stop(): Promise<PingReport>;
}

interface Counted {
  readonly sent: readonly number[];
  readonly received: Readonly<Record<string, readonly number[]>>;
}

const intervalMs = 50;

export async function startPings(
  namespaces: Namespaces,
  nodes: readonly LabNode[],
): Promise<Pings> {
  const children = nodes.map((node) => {
    const others = nodes.filter((one) => one !== node).flatMap(({ pods }) => pods);
    const options = JSON.stringify({ own: node.pods, others, intervalMs });
    const program = path.resolve('test/lab/network/pings.child.js');
    return spawn(
      'ip',
      [
        ...['netns', 'exec', namespaces.fullName(podNamespace(node.name))],
        ...[process.execPath, '--max-semi-space-size=1', program, options],
      ],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
  });
  await Promise.all(children.map((child) => once(child, 'message')));
  // Some were sent in the present tick, before the last receiver listened.
  const begin = tickNow() + 1;
  const droppedBefore = await packetsDroppedByQueues();
  const report = async (from: number): Promise<PingReport> => {
    const to = tickNow();
    // On a busy machine a process may read a packet some time after it arrived.
    await passed(underWayMs);
    const counted = await Promise.all(children.map((child) => countedBy(child, from, to)));
    const pairs = pairReportsOf(nodes, counted);
    return {
      pairs,
      sent: pairs.reduce((sum, { sent }) => sum + sent, 0),
      lost: pairs.reduce((sum, { lost }) => sum + lost, 0),
      droppedByQueues: (await packetsDroppedByQueues()) - droppedBefore,
    };
  };
  return {
    quiet: (seconds, withinMs) =>
      eventually(async () => {
        const from = tickNow();
        await passed(seconds * 1000);
        const lately = await report(from);
        if (lately.lost > 0) throw new Error(pingText(lately));
      }, withinMs),
    stop: async () => {
      const all = await report(begin);
      for (const child of children) child.disconnect();
      return all;
    },
  };
}

/** The longest time that a packet may take. */
const underWayMs = 2000;

function tickNow(): number {
  return Math.floor(Date.now() / intervalMs);
}

async function countedBy(child: ChildProcess, from: number, to: number): Promise<Counted> {
  const answer: Promise<Counted[]> = once(child, 'message').then(([counted]) => [counted]);
  child.send({ from, to });
  const [counted] = await answer;
  if (counted === undefined) throw new Error('a process that pings gave no report');
  return counted;
}

function pairReportsOf(
  nodes: readonly LabNode[],
  counted: readonly Counted[],
): readonly PairReport[] {
  return nodes.flatMap((one, index) =>
    nodes.slice(index + 1).flatMap((other, offset) => {
      const [here, there] = [counted[index], counted[index + 1 + offset]];
      return here === undefined || there === undefined ? [] : pairReports(one, other, here, there);
    }),
  );
}

function pairReports(
  one: LabNode,
  other: LabNode,
  here: Counted,
  there: Counted,
): readonly PairReport[] {
  return one.pods.flatMap((address): readonly PairReport[] => {
    const family = address.includes(':') ? 6 : 4;
    const remote = other.pods.find((pod) => pod.includes(':') === (family === 6));
    if (remote === undefined) return [];
    const lost = new Set([
      ...without(here.sent, there.received[address]),
      ...without(there.sent, here.received[remote]),
    ]);
    const ticks = [...lost].sort((first, second) => first - second);
    const [first, last] = [ticks[0], ticks.at(-1)];
    return [
      {
        pair: `${one.name} ${other.name}${family === 6 ? ' IPv6' : ''}`,
        nodes: [one.name, other.name],
        family,
        sent: new Set([...here.sent, ...there.sent]).size,
        lost: ticks.length,
        ...(first !== undefined && { firstLostAt: first * intervalMs }),
        ...(last !== undefined && { lastLostAt: last * intervalMs }),
      },
    ];
  });
}

function without(sent: readonly number[], received: readonly number[] = []): readonly number[] {
  const arrived = new Set(received);
  return sent.filter((tick) => !arrived.has(tick));
}

/**
 * `3 of 4000 pings lost: node-0 node-1 2, node-0 node-2 1`, and what the machine dropped itself.
 */
export function pingText({ sent, lost, pairs, droppedByQueues }: PingReport): string {
  const bad = pairs.filter((pair) => pair.lost > 0);
  const each = bad.map((pair) => `${pair.pair} ${String(pair.lost)}`).join(', ');
  const own =
    droppedByQueues > 0
      ? `; the kernel dropped ${String(droppedByQueues)} packets because its queues were full`
      : '';
  return `${String(lost)} of ${String(sent)} pings lost${each === '' ? '' : `: ${each}`}${own}`;
}
