/** Shared parts of the journeys: configurations of the examples, and applying one on all agents. */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import type { Fabric } from './fabric.ts';
import type { LabAgent } from './lab-agent.ts';
import { pingText, type PingReport } from './network/pings.ts';
import type { LabNode } from './network/topology.ts';

/** Calico's default as a configuration: one AS number and no reflectors. */
export const meshConfig = `
global-as-number: 64512
node-to-node-mesh: true
route-reflector-cluster-ids: ""
global-bgp-peers: ""
`;

/** examples/route-reflection, with a cluster ID that BIRD does not take for none. */
export function reflectorConfig(reflectors: readonly LabNode[]): string {
  const units = reflectors.map(({ unit }) => unit.replace('calico/', ''));
  const addresses = reflectors.flatMap((node) => node.addresses);
  return `
global-as-number: 64512
node-to-node-mesh: false
route-reflector-cluster-ids: |
${units.map((unit) => `  ${unit}: 224.0.0.1\n`).join('')}global-bgp-peers: |
${addresses.map((address) => `  - address: ${address.replace(/\/.*/, '')}\n    as-number: 64512\n`).join('')}`;
}

/** One reflector beside the mesh, which stays: no step waits for sessions. */
export function oneReflectorConfig({ unit, addresses }: LabNode): string {
  const [address = ''] = addresses;
  return `
global-as-number: 64512
node-to-node-mesh: true
route-reflector-cluster-ids: |
  ${unit.replace('calico/', '')}: 224.0.0.1
global-bgp-peers: |
  - address: ${address.replace(/\/.*/, '')}
    as-number: 64512
`;
}

/** The nodes with these numbers. */
export function reflectorsAt(
  { topology }: Fabric,
  ...indexes: readonly number[]
): readonly LabNode[] {
  return topology.nodes.filter((_, index) => indexes.includes(index));
}

/** examples/as-per-rack, with cluster IDs that BIRD does not take for none. */
export async function rackConfig(): Promise<string> {
  const example = await readFile('examples/as-per-rack/config.yaml', 'utf8');
  return example.replaceAll(/(\d: )0\.0\.0\.0\n/g, '$1224.0.0.1\n');
}

/** Longer than all gates of a change and of its rollback: an agent that needs more time hangs. */
const longestSeconds = 300;

/**
 * Applies a configuration on all agents at the same time.
 * @returns the result of each: `node-0 confirmed`
 */
export async function applyEverywhere(
  agents: readonly LabAgent[],
  config: string,
  withinSeconds = longestSeconds,
): Promise<readonly string[]> {
  const ends = await Promise.all(agents.map((agent) => agent.apply(config, withinSeconds)));
  return ends.map((end, index) => `${agents[index]?.node ?? ''} ${end}`);
}

/** Like applyEverywhere; all of them confirm it. */
export async function confirmedEverywhere(
  agents: readonly LabAgent[],
  config: string,
  withinSeconds?: number,
): Promise<void> {
  expect(await applyEverywhere(agents, config, withinSeconds)).to.deep.equal(
    agents.map(({ node }) => `${node} confirmed`),
  );
}

/** All of them have rolled back their second revision, and hold the first one. */
export async function rolledBackEverywhere(agents: readonly LabAgent[]): Promise<void> {
  await eventually(async () => {
    for (const agent of agents) {
      const { state, revisions } = await agent.status();
      const { rejected, confirmed } = revisions;
      const seen = [state, rejected.map(({ number }) => number), confirmed?.number];
      expect(seen, agent.node).to.deep.equal(['in-force', [2], 1]);
    }
  }, longestSeconds * 1000);
}

/** The cost of a change. */
export interface Change {
  readonly report: PingReport;
  /** From its offer until all nodes had confirmed it. */
  readonly seconds: number;
}

/**
 * Makes a change with pings running; ends when every session is Established and every pod reaches
 * every other one again.
 */
export async function measured(fabric: Fabric, change: () => Promise<void>): Promise<Change> {
  const pings = await fabric.startPings();
  await pings.quiet(1, 30_000);
  const began = performance.now();
  await change();
  const seconds = (performance.now() - began) / 1000;
  await fabric.established(60_000);
  await pings.quiet(2, 30_000);
  return { report: await pings.stop(), seconds };
}

export function changeText(title: string, { report, seconds }: Change): string {
  return `${title}, in ${seconds.toFixed(1)} s: ${pingText(report)}`;
}
