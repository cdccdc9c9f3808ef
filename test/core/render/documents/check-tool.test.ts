import { expect } from 'chai';
import type { NetworkModel } from '../../../../core/config/model.ts';
import { checkTool } from '../../../../core/render/documents/check-tool.ts';
import { render } from '../../../../core/render/render.ts';
import type { Tool } from '../../../../core/render/documents/documents.ts';
import { native, nodesOf, resolveAll } from '../../../support/samples/models.ts';

const nodes = nodesOf([
  { name: 'node-0', addresses: ['10.0.0.2/24'] },
  { name: 'node-1', addresses: ['10.0.1.2/24'] },
]);

function found(model: NetworkModel, tool: Tool): readonly string[] {
  const desired = render(model, resolveAll(model, nodes), { peering: 'per-node', cluster: true });
  return checkTool(desired, tool).map(({ severity, code, pointer, message }) => {
    return `${severity} ${code} ${pointer} ${/\d{5,}/.exec(message)?.[0] ?? ''}`.trim();
  });
}

describe('a tool that reads the documents', () => {
  const peers = (asNumber: number): object => ({ peers: [{ address: '10.0.0.1', asNumber }] });
  const groups = [{ name: 'g', match: { nodes: ['node-0'] }, asNumber: 4_200_000_000 }];
  const table: readonly [string, object, Tool, readonly string[]][] = [
    [
      'calicoctl replaces a BGPConfiguration',
      { bgp: { nodeToNodeMesh: true } },
      'calicoctl',
      ['warning calicoctl-replaces /bgp/nodeToNodeMesh'],
    ],
    ['kubectl merges', { bgp: { nodeToNodeMesh: true } }, 'kubectl', []],
    ['without a BGPConfiguration nothing is replaced', { bgp: peers(64512) }, 'calicoctl', []],
    [
      'a peer’s big AS number, once for all nodes',
      { bgp: peers(2_147_483_648) },
      'kubectl',
      ['warning as-number-int32 /bgp/peers/0 2147483648'],
    ],
    [
      'the cluster’s big AS number',
      { bgp: { asNumber: 4_200_000_000 } },
      'kubectl-v3',
      ['warning as-number-int32 /bgp/asNumber 4200000000'],
    ],
    ['the biggest int32', { bgp: peers(2_147_483_647) }, 'kubectl', []],
    ['a node’s own, which is an annotation', { groups }, 'kubectl', []],
    ['calicoctl takes them', { bgp: peers(4_200_000_000) }, 'calicoctl', []],
  ];
  for (const [what, sections, tool, expected] of table) {
    it(`${what} (${tool})`, () => {
      expect(found(native(sections), tool)).to.deep.equal(expected);
    });
  }
});
