/**
 * How long the check of a metallb section takes with as many items as the schema allows, beside the nodes
 * of a fleet: 1,000 peers and 500 advertisements, each for nodes of its own.
 */
import { parseConfig } from '../../core/config/parse.ts';
import { checkMetalLbNodes } from '../../core/fabric/metallb/check-metallb.ts';
import { parseNodes } from '../../core/facts/parse-nodes.ts';

const peers = 1000;
const advertisements = 500;
const nodes = 5000;

export function benchMetalLb(): void {
  const counts = `${String(peers)} peers, ${String(advertisements)} advertisements, ${String(nodes)} nodes`;
  console.log(`metallb: ms to read a section, and to check it with the nodes: ${counts}`);
  for (const [name, selector] of Object.entries(selectors)) {
    const reading = performance.now();
    const parsed = parseConfig(sectionOf(selector));
    const readMs = performance.now() - reading;
    const facts = parseNodes(nodeList());
    if (!parsed.ok || !facts.ok) throw new Error('the documents of this benchmark are wrong');
    const checking = performance.now();
    const issues = checkMetalLbNodes(parsed.model, facts.nodes, []);
    const checkMs = performance.now() - checking;
    console.log(
      `  ${name}: ${readMs.toFixed(0)} ms, ${checkMs.toFixed(0)} ms, ${String(issues.length)} issues`,
    );
  }
}

const selectors: Readonly<Record<string, (rack: number) => string>> = {
  'no node in common': (rack) => `{matchLabels: {rack: r${String(rack)}}}`,
  'nodes in common with the next one': (rack) =>
    `{matchExpressions: [{key: rack, operator: In, values: [r${String(rack)}, r${String(rack + 1)}]}]}`,
};

function sectionOf(selector: (rack: number) => string): string {
  const ofAdvertisements = numbers(advertisements).map(
    (rack) =>
      `  - {name: a${String(rack)}, localPref: ${String(rack)}, nodeSelectors: [${selector(rack)}]}`,
  );
  const ofPeers = numbers(peers).map(
    (rack) =>
      `  - {name: p${String(rack)}, myASN: ${String(64_512 + rack)}, routerID: 10.0.${String(rack >> 8)}.${String(rack & 255)}, peerASN: 64513, peerAddress: 10.1.${String(rack >> 8)}.${String(rack & 255)}, nodeSelectors: [${selector(rack)}]}`,
  );
  return [
    'apiVersion: calico-agent/v1',
    'kind: NetworkConfig',
    'metallb:',
    '  pools: [{name: a, addresses: [203.0.113.0/24]}]',
    '  bgpAdvertisements:',
    ...ofAdvertisements,
    '  peers:',
    ...ofPeers,
    '',
  ].join('\n');
}

function nodeList(): string {
  return JSON.stringify(
    numbers(nodes).map((node) => ({
      name: `n${String(node)}`,
      labels: { rack: `r${String(node % peers)}` },
      addresses: [`10.2.${String((node >> 7) + 1)}.${String((node & 127) + 1)}/16`],
    })),
  );
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
