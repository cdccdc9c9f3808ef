import { expect } from 'chai';
import { withoutGuesses } from '../../../core/config/checks/mesh.ts';
import type { NetworkModel } from '../../../core/config/model.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Issue } from '../../../core/issue.ts';
import { checkFleet } from '../../../core/fabric/check-fleet.ts';
import { charm, native, node, nodesOf } from '../../support/samples/models.ts';

function found(model: NetworkModel, nodes: readonly NodeFacts[]): readonly string[] {
  return checkFleet(model, nodes).map(({ severity, code, pointer }) =>
    [severity, code, pointer].join(' ').trim(),
  );
}

const head = { apiVersion: 'calico-agent/v1', kind: 'NetworkConfig' };
const router = { address: '10.0.9.1', asNumber: 64600 };

const two = nodesOf([
  { name: 'node-0', unit: 'calico/0', addresses: ['10.0.0.2/24'], labels: { rack: 'a' } },
  { name: 'node-1', unit: 'calico/1', addresses: ['10.0.1.2/24'], labels: { rack: 'b' } },
]);

describe('a configuration beside its fleet', () => {
  const references: readonly [string, object, string][] = [
    ['a unit', { units: [0, 7] }, 'warning unit-unknown /groups/0/match/units/1'],
    ['a node name', { nodes: ['node-9'] }, 'warning node-unknown /groups/0/match/nodes/0'],
    ['a subnet', { subnets: ['10.0.2.0/24'] }, 'note subnet-unused /groups/0/match/subnets/0'],
    ['a selector', { selector: "rack == 'c'" }, 'note selector-unused /groups/0/match/selector'],
  ];
  for (const [what, match, expected] of references) {
    it(`says that no node has ${what}, and names the place in the configuration`, () => {
      const groups = [{ name: 'g', match, peers: [router] }];
      expect(found(native({ groups }), two)).to.deep.equal([expected]);
    });
  }

  it('says nothing about references that nodes have', () => {
    const match = { subnets: ['10.0.0.0/16'], units: [0, 1], nodes: ['Node-0'], selector: 'all()' };
    const groups = [{ name: 'g', match, peers: [router] }];
    expect(found(native({ groups }), two)).to.deep.equal([]);
  });

  it('points into the option of the charm', () => {
    const options = { 'unit-as-numbers': '{"3": 64512}' };
    const issue = checkFleet(charm(options), two).find(({ code }) => code === 'unit-unknown');
    expect(issue?.inside).to.deep.equal({ option: 'unit-as-numbers', line: 1, column: 2 });
  });

  it('refuses two nodes with one address, name or unit', () => {
    const [first] = two;
    if (first === undefined) throw new Error('no node');
    expect(found(native({}), [first, first])).to.deep.equal([
      'error duplicate-name',
      'error duplicate-unit',
      'error duplicate-address',
    ]);
  });

  const prefixes: readonly [string, object, readonly string[]][] = [
    ['10.0.0.2/32', { ipip: 'CrossSubnet' }, ['warning host-prefix-cross-subnet /pools/0/ipip']],
    ['10.0.0.2', { vxlan: 'CrossSubnet' }, ['warning prefix-length-unknown /pools/0/vxlan']],
    ['10.0.0.2/24', { ipip: 'CrossSubnet' }, []],
    ['10.0.0.2/32', { ipip: 'Always' }, []],
    ['fd00::2/128', { ipip: 'CrossSubnet' }, []],
  ];
  for (const [address, modes, expected] of prefixes) {
    it(`checks ${address} beside ${JSON.stringify(modes)}`, () => {
      const model = native({ pools: [{ name: 'p', cidr: '192.168.0.0/16', ...modes }] });
      expect(found(model, [node({ addresses: [address] })])).to.deep.equal(expected);
    });
  }

  const groups = [{ name: 'g', match: { nodes: ['node-0'] }, asNumber: 64601 }];
  it('warns of a mesh among several AS numbers, also when it is only the default', () => {
    expect(found(native({ groups }), two)).to.deep.equal(['warning mesh-mixed-as-numbers']);
    const off = native({ groups, bgp: { nodeToNodeMesh: false, peers: [] } });
    expect(found(off, two)).to.deep.equal([]);
  });

  it('decides cases that the parser can only guess', () => {
    const everywhere = [{ name: 'g', match: { subnets: ['10.0.0.0/8'] }, asNumber: 64601 }];
    const bgp = { nodeToNodeMesh: true, asNumber: 64600 };
    const guess = parseConfig(JSON.stringify({ ...head, groups: everywhere, bgp })).issues;
    expect(guess.map(({ code }) => code)).to.deep.equal(['mesh-mixed-as-numbers']);
    expect(withoutGuesses(guess)).to.deep.equal([]);
    expect(found(native({ groups: everywhere, bgp }), two)).to.deep.equal([]);
    expect(found(native({ groups, bgp }), two)).to.deep.equal([
      'warning mesh-mixed-as-numbers /bgp/nodeToNodeMesh',
    ]);
  });

  it('says how nodes get an explicit AS number when some have none', () => {
    const [issue] = checkFleet(native({ groups }), two);
    expect(issue?.message).to.include('others get none: node-1');
    expect(issue?.hint).to.match(/^set bgp\.asNumber,/);
  });

  it('leaves reflectors out of the mesh, and names the nodes that this cuts off', () => {
    const reflector = {
      name: 'r',
      match: { nodes: ['node-0'] },
      routeReflectorClusterId: '1.0.0.1',
    };
    const model = native({
      groups: [...groups, { ...reflector, peers: [router] }],
      bgp: { asNumber: 64600 },
    });
    const three = [...two, node({ name: 'node-2', addresses: ['10.0.2.2/24'] })];
    expect(found(model, three)).to.deep.equal(['warning routes-cut']);
  });
});

describe('the findings of a big fleet', () => {
  const many = nodesOf(
    Array.from({ length: 5000 }, (_unused, index) => ({
      name: `node-${index}`,
      addresses: [`10.0.${(index >> 8) + 1}.${index & 255}/16`],
    })),
  );

  it('are reported once, with some nodes and their number', () => {
    const model = native({ bgp: { peers: [{ address: 'fd00::1', asNumber: 64700 }] } });
    const issues: readonly Issue[] = checkFleet(model, many);
    expect(issues).to.have.length(1);
    expect(issues[0]?.node).to.equal('node-0');
    expect(issues[0]?.message).to.match(/so on 5000 nodes: node-0, node-1,.* and 4990 more$/);
  });

  it('are bounded when each is different', () => {
    const units = Array.from({ length: 3000 }, (_unused, index) => index);
    const model = native({ groups: [{ name: 'g', match: { units }, asNumber: 64600 }] });
    const issues = checkFleet(model, many);
    expect(issues).to.have.length(51);
    expect(issues.at(-1)?.message).to.equal('2950 more findings of this kind are not shown');
  });
});
