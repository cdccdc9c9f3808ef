/**
 * What one connection costs in the server, beside raw ws: the growth of its memory while a fleet connects, when a
 * tenth of it is connected already.
 */
import { connectFleet, openLab, startSide, type SideName } from './sides.ts';
import type { Memory } from './meter.ts';
import { agentsFor, loadText, verdict } from './shown.ts';

/** @param tls with client certificates, and raw ws with the default settings of TLS */
async function measure(agents: number, tls: boolean): Promise<void> {
  const transport = tls ? 'mutual TLS' : 'plain';
  console.log(
    `memory of a connection, ${transport}, ${String(agents)} agents; KB of RSS; ${loadText()}`,
  );
  const raw = await perConnection('raw ws', agents, tls);
  const ours = await perConnection('controller', agents, tls);
  console.log(`  raw ws: ${raw.text}`);
  console.log(`  controller: ${ours.text}`);
  verdict(`${transport}, against raw ws`, ours.rss / raw.rss, tls ? 0.9 : 1.25);
  verdict(`${transport}, KB`, ours.rss, tls ? 40 : 9);
}

/**
 * V8 gives new objects more and more room, up to 48 MB, which belongs to no connection: with 2,000 of them it would
 * be 24 KB of each.
 */
const smallNewSpace = '--max-semi-space-size=2';

interface PerConnection {
  readonly rss: number;
  readonly text: string;
}

/** Connects twice so many agents in two halves: the second half is measured, without what warms up. */
async function perConnection(name: SideName, agents: number, tls: boolean): Promise<PerConnection> {
  const lab = await openLab(tls);
  const side = await startSide(name, lab, { flags: [smallNewSpace] });
  const warm = await connectFleet(side, lab, { agents: Math.ceil(agents / 10), first: agents });
  const before = await side.child.ask<Memory>('memory');
  const fleet = await connectFleet(side, lab, { agents });
  const after = await side.child.ask<Memory>('memory');
  for (const child of [warm, fleet, side.child]) await child.kill();
  lab.close();
  const kb = (what: keyof Memory): number => (after[what] - before[what]) / agents / 1024;
  const parts = `heap ${kb('heapUsed').toFixed(1)}, external ${kb('external').toFixed(1)}`;
  return { rss: kb('rss'), text: `${kb('rss').toFixed(1)} (${parts})` };
}

export async function benchFleetMemory(): Promise<void> {
  const transport = process.env['FLEET_TRANSPORT'];
  if (transport !== 'tls') await measure(agentsFor(2000, 10_000), false);
  if (transport !== 'plain') await measure(agentsFor(1000, 10_000), true);
}
