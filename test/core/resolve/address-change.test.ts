import { expect } from 'chai';
import { judgeAddressChange } from '../../../core/resolve/address-change.ts';
import { resolveNode } from '../../../core/resolve/resolve-node.ts';
import { compileRules } from '../../../core/resolve/rules.ts';
import { native, nodesOf } from '../../support/samples/models.ts';

const rules = compileRules(
  native({
    bgp: { asNumber: 64512, nodeToNodeMesh: false },
    groups: [
      {
        name: 'rack-1',
        match: { subnets: ['10.0.1.0/24'] },
        asNumber: 64601,
        peers: [{ address: '10.0.1.1', asNumber: 64601 }],
      },
      {
        name: 'rack-2',
        match: { subnets: ['10.0.2.0/24'] },
        asNumber: 64602,
        peers: [{ address: '10.0.2.1', asNumber: 64602 }],
      },
      {
        name: 'without-number',
        match: { subnets: ['10.0.3.0/24'] },
        peers: [{ address: '10.0.3.1', asNumber: 64512 }],
      },
      {
        name: 'to-tor',
        match: { subnets: ['10.0.1.64/26'] },
        peers: [{ address: '10.0.1.250', asNumber: 64700 }],
      },
      {
        name: 'reflector',
        match: { subnets: ['10.0.1.128/25'] },
        routeReflectorClusterId: '1.0.0.1',
      },
    ],
  }),
);

function change(from: string, to: string): readonly [boolean, ...(readonly string[])] {
  const [before, after] = [from, to].map((address) => {
    const [facts] = nodesOf([{ name: 'node-0', addresses: [address] }]);
    if (facts === undefined) throw new Error('no facts');
    return resolveNode(rules, facts);
  });
  if (before === undefined || after === undefined) throw new Error('not resolved');
  const { mayHappen, effects } = judgeAddressChange(before, after);
  return [mayHappen, ...effects];
}

describe('the settings that a node loses by a change of its address', () => {
  const rows: readonly [string, string, string, readonly [boolean, ...string[]]][] = [
    ['is nothing within the subnet', '10.0.1.2/24', '10.0.1.3/24', [true]],
    [
      'may not be the peers of a group, while it stays in the others and gets into none',
      '10.0.1.70/24',
      '10.0.1.2/24',
      [false, '1 of 2 peers would go'],
    ],
    [
      'may be AS number and peers where the new subnet has its own',
      '10.0.1.2/24',
      '10.0.2.2/24',
      [true, 'AS number 64601 → 64602', '1 of 1 peers would go'],
    ],
    [
      "may not be a subnet's AS number, for the one that all have",
      '10.0.1.2/24',
      '10.199.0.5/32',
      [false, 'AS number 64601 → 64512', '1 of 1 peers would go'],
    ],
    [
      "may not be a subnet's AS number, also where the new subnet has peers",
      '10.0.1.2/24',
      '10.0.3.2/24',
      [false, 'AS number 64601 → 64512', '1 of 1 peers would go'],
    ],
    [
      'may not be the cluster ID of a reflector',
      '10.0.1.200/24',
      '10.0.1.2/24',
      [false, 'cluster ID 1.0.0.1 → none'],
    ],
    [
      'is nothing where the node gets what it did not have',
      '10.199.0.5/24',
      '10.0.1.2/24',
      [true, 'AS number 64512 → 64601'],
    ],
  ];
  for (const [what, from, to, expected] of rows) {
    it(what, () => expect(change(from, to)).to.deep.equal(expected));
  }
});
