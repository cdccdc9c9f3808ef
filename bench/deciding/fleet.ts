/**
 * A whole fleet is checked, resolved and rendered: 5,000 nodes, 500 subnets, 20 racks with two
 * reflectors each. The run also shows how the time grows from 500 to 5,000 nodes.
 */
import { parseConfig } from '../../core/config/parse.ts';
import type { NodeFacts } from '../../core/facts/facts.ts';
import { renderDocuments } from '../../core/render/documents/documents.ts';
import { render } from '../../core/render/render.ts';
import { checkFleet } from '../../core/fabric/check-fleet.ts';
import { resolveNode } from '../../core/resolve/resolve-node.ts';
import { compileRules } from '../../core/resolve/rules.ts';
import { median } from '../measure.ts';

const rounds = 5;
const racks = 20;

interface Fleet {
  readonly config: string;
  readonly nodes: readonly NodeFacts[];
}

type Phase = 'check' | 'resolve' | 'render' | 'documents';

export function benchFleet(): void {
  const sizes = [500, 1000, 2000, 5000];
  console.log('a whole fleet: 500 subnets, 20 racks with two reflectors each; ms, medians');
  console.log('  nodes    check  resolve   render  documents    total   µs per node');
  // V8 compiles during the first runs, so they do not count.
  for (let round = 0; round < rounds; round += 1) measure(makeFleet(5000, 500));
  const totals: number[] = [];
  for (const size of sizes) {
    const fleet = makeFleet(size, 500);
    const runs = Array.from({ length: rounds }, () => measure(fleet));
    const of = (phase: Phase): number => median(runs.map((run) => run[phase]));
    const phases = [of('check'), of('resolve'), of('render'), of('documents')];
    const total = phases.reduce((sum, ms) => sum + ms, 0);
    const cells = [...phases, total].map((ms) => ms.toFixed(1).padStart(9));
    const perNode = ((total / size) * 1000).toFixed(0).padStart(13);
    console.log(`  ${String(size).padStart(5)}${cells.join('')}${perNode}`);
    totals.push(total);
  }
  const growth = (totals.at(-1) ?? 0) / (totals[0] ?? 0);
  console.log(`  ten times the nodes take ${growth.toFixed(1)} times as long (goal ≤ 10)`);
}

function measure(fleet: Fleet): Record<Phase, number> {
  const marks = [performance.now()];
  const mark = (): unknown => marks.push(performance.now());

  const parsed = parseConfig(fleet.config);
  if (!parsed.ok) throw new Error(parsed.issues.map((issue) => issue.message).join('\n'));
  checkFleet(parsed.model, fleet.nodes);
  mark();
  const rules = compileRules(parsed.model);
  const resolutions = fleet.nodes.map((node) => resolveNode(rules, node));
  mark();
  const desired = render(parsed.model, resolutions, { cluster: true });
  mark();
  renderDocuments(desired, { for: 'calicoctl' });
  mark();

  const [began = 0, ...ends] = marks;
  const [check = 0, resolve = 0, rendered = 0, documents = 0] = ends.map(
    (end, index) => end - (index === 0 ? began : (ends[index - 1] ?? began)),
  );
  return { check, resolve, render: rendered, documents };
}

/**
 * Subnets 10.x.y.0/24, assigned to the racks in turn; the first node of the first two is a
 * reflector.
 */
function makeFleet(size: number, subnets: number): Fleet {
  const network = (subnet: number): string =>
    `10.${String(Math.floor(subnet / 250))}.${String(subnet % 250)}`;
  const nodes = Array.from({ length: size }, (_, index): NodeFacts => {
    const subnet = index % subnets;
    const address = `${network(subnet)}.${String(2 + Math.floor(index / subnets))}`;
    return {
      name: `node-${String(index)}`,
      units: [`calico/${String(index)}`],
      addresses: [{ family: 4, address, prefixLength: 24 }],
      labels: { rack: String(subnet % racks) },
    };
  });
  const subnetAs: string[] = [];
  const subnetPeers: string[] = [];
  for (let subnet = 0; subnet < subnets; subnet += 1) {
    const rack = subnet % racks;
    const asNumber = String(4_200_000_000 + rack);
    const reflectors = [rack, rack + racks].map((first) => `${network(first)}.2`);
    subnetAs.push(`  ${network(subnet)}.0/24: ${asNumber}`);
    subnetPeers.push(`  ${network(subnet)}.0/24:`);
    for (const address of reflectors) {
      subnetPeers.push(`  - {address: ${address}, as-number: ${asNumber}}`);
    }
  }
  const clusterIds = Array.from({ length: 2 * racks }, (_, unit) => {
    return `  ${String(unit)}: 0.0.1.${String(unit % racks)}`;
  });
  const config = [
    'node-to-node-mesh: false',
    'global-as-number: 64512',
    'cidr: 192.168.0.0/16',
    'manage-pools: true',
    'subnet-as-numbers:',
    ...subnetAs,
    'subnet-bgp-peers:',
    ...subnetPeers,
    'route-reflector-cluster-ids:',
    ...clusterIds,
    '',
  ].join('\n');
  return { config, nodes };
}
