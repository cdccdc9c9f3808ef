/** A fleet with many peers: each selector is asked once, and not once for each pair of peers. */
import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import type { MetalLbSettings } from '../../../../core/config/metallb/settings.ts';
import { checkLocalPref } from '../../../../core/config/metallb/rules/local-pref.ts';
import { checkSharedNodes } from '../../../../core/config/metallb/rules/shared-nodes.ts';
import { gatherFindings } from '../../../../core/findings.ts';

const racks = 200;
const nodes = 1000;

/** In each rack a router, with an AS number, a router ID and a preference of its own. */
function settings(selector: (rack: number) => string): MetalLbSettings {
  const lines = Array.from({ length: racks }, (_, rack) => rack);
  const parsed = parseConfig(`apiVersion: calico-agent/v1
kind: NetworkConfig
metallb:
  pools: [{name: a, addresses: [203.0.113.0/24]}]
  bgpAdvertisements:
${lines.map((rack) => `  - {name: a${String(rack)}, localPref: ${String(rack)}, nodeSelectors: [${selector(rack)}]}`).join('\n')}
  peers:
${lines.map((rack) => `  - {name: p${String(rack)}, myASN: ${String(64_512 + rack)}, routerID: 10.0.0.${String(rack)}, peerASN: 64513, peerAddress: 10.1.0.${String(rack)}, nodeSelectors: [${selector(rack)}]}`).join('\n')}
`);
  if (!parsed.ok || parsed.model.metallb === undefined) throw new Error('refused');
  return parsed.model.metallb;
}

/** The labels of the nodes, and how often one was read. */
function countedNodes(): {
  readonly labels: readonly Readonly<Record<string, string>>[];
  reads(): number;
} {
  let reads = 0;
  const labels = Array.from(
    { length: nodes },
    (_, node) =>
      new Proxy<Record<string, string>>(
        { rack: `r${String(node % racks)}`, host: `n${String(node)}` },
        {
          get: (target, key) => {
            reads += 1;
            return typeof key === 'string' ? target[key] : undefined;
          },
        },
      ),
  );
  return { labels, reads: () => reads };
}

describe('many peers beside many nodes', function () {
  this.timeout(60_000);
  const oneRack = (rack: number): string => `{matchLabels: {rack: r${String(rack)}}}`;
  const twoRacks = (rack: number): string =>
    `{matchExpressions: [{key: rack, operator: In, values: [r${String(rack)}, r${String(rack + 1)}]}]}`;

  for (const [name, selector, issues] of [
    ['that share no node', oneRack, 0],
    ['that share nodes with their neighbours', twoRacks, 2 * (racks - 1)],
  ] as const) {
    it(`ask each node a few times only, with peers ${name}`, () => {
      const { labels, reads } = countedNodes();
      const found = gatherFindings();
      const section = settings(selector);
      checkSharedNodes(section, labels, found);
      expect(found.issues).to.have.lengthOf(issues);
      checkLocalPref(section, labels, found);
      expect(found.issues).to.have.lengthOf((issues * 3) / 2);
      expect(reads()).to.be.below(20 * nodes);
    });
  }
});
