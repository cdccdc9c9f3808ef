import { expect } from 'chai';
import type { NetworkModel } from '../../../core/config/model.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Resolution } from '../../../core/resolve/resolution.ts';
import { resolveNode } from '../../../core/resolve/resolve-node.ts';
import { compileRules } from '../../../core/resolve/rules.ts';
import { native, node } from '../../support/samples/models.ts';

const dual = { addresses: ['10.0.0.2/24', 'fd00::2/64'] };

function resolve(model: NetworkModel, facts: NodeFacts = node()): Resolution {
  return resolveNode(compileRules(model), facts);
}

function group(name: string, match: object, rest: object): object {
  return { name, match, ...rest };
}

describe('the AS number of a node', () => {
  const wide = group('wide', { subnets: ['10.0.0.0/8'] }, { asNumber: 64601 });
  const narrow = group('narrow', { subnets: ['10.0.0.0/24'] }, { asNumber: 64602 });
  const labelled = group('labelled', { selector: "rack == 'r1'" }, { asNumber: 64603 });
  const named = group('named', { nodes: ['node-0'] }, { asNumber: 64604 });
  const unit = group('unit', { units: [0] }, { asNumber: 64604 });
  const facts = { labels: { rack: 'r1' }, units: ['kubernetes-worker/2', 'calico/0'] };
  const v6 = group('v6', { subnets: ['fd00::/64'] }, { asNumber: 64602 });
  const elsewhere = group('elsewhere', { subnets: ['10.1.0.0/16', 'fd01::/16'] }, { asNumber: 1 });

  const table: readonly [string, object[], object, number | undefined, string, string[]][] = [
    ['is the global one without a rule', [elsewhere], facts, 64600, 'global', []],
    ['follows a subnet over the global one', [wide], facts, 64601, 'wide', ['global']],
    ['follows the longest subnet', [wide, narrow], facts, 64602, 'narrow', ['wide', 'global']],
    ['follows the longest IPv6 subnet', [v6], dual, 64602, 'v6', ['global']],
    [
      'takes both families that agree',
      [wide, narrow, v6],
      dual,
      64602,
      'narrow',
      ['wide', 'global'],
    ],
    [
      'follows a label over every subnet',
      [narrow, labelled],
      facts,
      64603,
      'labelled',
      ['narrow', 'global'],
    ],
    [
      'follows the node name over labels',
      [labelled, named],
      facts,
      64604,
      'named',
      ['labelled', 'global'],
    ],
    ['takes unit and node name that agree', [unit, named], facts, 64604, 'unit', ['global']],
    [
      'knows every unit of the machine',
      [labelled, unit],
      facts,
      64604,
      'unit',
      ['labelled', 'global'],
    ],
  ];
  for (const [behaviour, groups, extra, value, rule, outranked] of table) {
    it(behaviour, () => {
      for (const order of [groups, groups.toReversed()]) {
        const { asNumber, issues } = resolve(
          native({ bgp: { asNumber: 64600 }, groups: order }),
          node(extra),
        );
        expect(issues).to.deep.equal([]);
        expect(asNumber?.value).to.equal(value);
        expect(asNumber?.outranked.map((reason) => reason.rule).sort()).to.deep.equal(
          outranked.map((name) => (name === 'global' ? name : `group ${name}`)).sort(),
        );
        if (order === groups) {
          expect(asNumber?.reason.rule).to.equal(rule === 'global' ? rule : `group ${rule}`);
        }
      }
    });
  }

  it('is left open when the document has none', () => {
    expect(resolve(native({ groups: [elsewhere] }))).to.not.have.property('asNumber');
  });

  it('has the place of its rule', () => {
    const { asNumber } = resolve(native({ groups: [narrow] }));
    expect(asNumber?.reason.place.pointer).to.equal('/groups/0/asNumber');
  });

  it('uses the strongest rank of a rule with several kinds', () => {
    const both = group('both', { subnets: ['10.0.0.0/8'], units: [0] }, { asNumber: 64609 });
    const { asNumber } = resolve(native({ groups: [narrow, labelled, both] }), node(facts));
    expect(asNumber?.value).to.equal(64609);
  });

  const misses: readonly [string, object][] = [
    ['subnet', { subnets: ['10.9.0.0/16'], units: [0], nodes: ['node-0'], selector: 'has(rack)' }],
    ['unit', { subnets: ['10.0.0.0/8'], units: [1], nodes: ['node-0'], selector: 'has(rack)' }],
    [
      'node name',
      { subnets: ['10.0.0.0/8'], units: [0], nodes: ['node-1'], selector: 'has(rack)' },
    ],
    [
      'selector',
      { subnets: ['10.0.0.0/8'], units: [0], nodes: ['node-0'], selector: '!has(rack)' },
    ],
  ];
  for (const [kind, match] of misses) {
    it(`ignores a rule of which only ${kind} does not match`, () => {
      const { groups } = resolve(
        native({ groups: [group('g', match, { asNumber: 64602 })] }),
        node(facts),
      );
      expect(groups).to.deep.equal([]);
    });
  }
});

describe('contradicting rules of one rank', () => {
  const table: readonly [string, object[], object][] = [
    [
      'two labels',
      [
        group('a', { selector: 'has(rack)' }, { asNumber: 64601 }),
        group('b', { selector: "rack == 'r1'" }, { asNumber: 64602 }),
      ],
      { labels: { rack: 'r1' } },
    ],
    [
      'unit and node name',
      [
        group('a', { units: [0] }, { asNumber: 64601 }),
        group('b', { nodes: ['node-0'] }, { asNumber: 64602 }),
      ],
      { unit: 'calico/0' },
    ],
    [
      'IPv4 and IPv6 subnets, whatever their lengths',
      [
        group('a', { subnets: ['10.0.0.0/24'] }, { asNumber: 64601 }),
        group('b', { subnets: ['fd00::/48'] }, { asNumber: 64602 }),
      ],
      dual,
    ],
    [
      'the same subnet in two wider rules',
      [
        group('a', { subnets: ['10.0.0.0/24', '10.3.0.0/24'] }, { asNumber: 64601 }),
        group('b', { subnets: ['10.0.0.0/24'], selector: 'all()' }, { asNumber: 64602 }),
        group('c', { selector: 'has(rack)' }, { asNumber: 64603 }),
      ],
      { labels: { rack: 'r1' } },
    ],
  ];
  for (const [what, groups, facts] of table) {
    it(`are an error with both places: ${what}`, () => {
      const { asNumber, issues } = resolve(native({ groups }), node(facts));
      expect(asNumber).to.equal(undefined);
      expect(issues).to.have.length(1);
      expect(issues[0]).to.include({
        severity: 'error',
        code: 'tie-as-number',
        node: 'node-0',
      });
      expect(issues[0]?.message).to.match(/line 1, column \d+\) says \d+, and .*column \d+\) says/);
    });
  }

  it('are an error for cluster IDs as well, and leave the AS number alone', () => {
    const id = (routeReflectorClusterId: string): object => ({
      routeReflectorClusterId,
      asNumber: 64601,
    });
    const { asNumber, issues } = resolve(
      native({
        groups: [
          group('a', { nodes: ['node-0'] }, id('1.0.0.1')),
          group('b', { nodes: ['node-0', 'node-1'] }, id('1.0.0.1')),
          group('c', { units: [0] }, id('1.0.0.2')),
        ],
      }),
      node({ unit: 'calico/0' }),
    );
    expect(asNumber?.value).to.equal(64601);
    expect(issues.map(({ code }) => code)).to.deep.equal(['tie-cluster-id']);
  });

  it('do not matter when a higher rank decides', () => {
    const { issues } = resolve(
      native({
        groups: [
          group('a', { selector: 'has(rack)' }, { asNumber: 64601 }),
          group('b', { selector: "rack == 'r1'" }, { asNumber: 64602 }),
          group('c', { nodes: ['node-0'] }, { asNumber: 64603 }),
        ],
      }),
      node({ labels: { rack: 'r1' } }),
    );
    expect(issues).to.deep.equal([]);
  });
});

describe('the peers of a node', () => {
  const peer = (address: string, asNumber = 64700, port?: number): object =>
    port === undefined ? { address, asNumber } : { address, asNumber, port };
  const here = { subnets: ['10.0.0.0/8'] };

  it('are those of all matching rules, sorted as addresses', () => {
    const { peers } = resolve(
      native({
        bgp: { peers: [peer('10.0.0.10')] },
        groups: [
          group('a', here, { peers: [peer('10.0.0.9', 64700, 1179), peer('10.0.0.9')] }),
          group('b', { subnets: ['10.0.0.0/24'] }, { peers: [peer('fd00::9')] }),
        ],
      }),
      node(dual),
    );
    expect(peers.map(({ address, port }) => `${address} ${port ?? ''}`)).to.deep.equal([
      '10.0.0.9 ',
      '10.0.0.9 1179',
      '10.0.0.10 ',
      'fd00::9 ',
    ]);
  });

  it('are one when several rules name the same, with all their reasons', () => {
    const { peers } = resolve(
      native({
        bgp: { peers: [peer('10.0.0.1')] },
        groups: [group('a', here, { peers: [peer('10.0.0.1', 64700, 179)] })],
      }),
    );
    expect(peers).to.have.length(1);
    expect(peers[0]).to.include({ port: 179 });
    expect(peers[0]?.reasons.map(({ rule }) => rule)).to.deep.equal(['global', 'group a']);
  });

  it('may not have two AS numbers at one address and port', () => {
    const groups = [
      group('a', here, { peers: [peer('10.0.0.1', 64701)] }),
      group('b', { nodes: ['node-0'] }, { peers: [peer('10.0.0.1', 64702)] }),
    ];
    const { issues } = resolve(native({ groups }));
    expect(issues).to.have.length(1);
    expect(issues[0]).to.include({
      severity: 'error',
      code: 'peer-two-as-numbers',
      node: 'node-0',
    });
    expect(issues[0]?.message).to.match(/64701.*64702/);
  });

  it('may have two AS numbers at two ports', () => {
    const peers = [peer('10.0.0.1', 64701), peer('10.0.0.1', 64702, 1179)];
    expect(resolve(native({ groups: [group('a', here, { peers })] })).issues).to.deep.equal([]);
  });

  it('leave out the node itself, in either family, with a note', () => {
    const model = native({
      groups: [group('a', here, { peers: [peer('10.0.0.2'), peer('fd00::2'), peer('10.0.0.3')] })],
    });
    const { peers, issues } = resolve(model, node(dual));
    expect(peers.map(({ address }) => address)).to.deep.equal(['10.0.0.3']);
    expect(issues.map(({ code, severity }) => `${severity} ${code}`)).to.deep.equal([
      'note peer-is-self',
      'note peer-is-self',
    ]);
  });

  it('leave out another BGP speaker at the address of the node, with a warning', () => {
    const asked = (port: number, bgp = {}): readonly string[] => {
      const model = native({
        bgp,
        groups: [group('a', here, { peers: [peer('10.0.0.2', 64512, port)] })],
      });
      const { peers, issues } = resolve(model);
      return [String(peers.length), ...issues.map(({ code, severity }) => `${severity} ${code}`)];
    };
    expect(asked(1179)).to.deep.equal(['0', 'warning peer-on-own-address']);
    expect(asked(179)).to.deep.equal(['0', 'note peer-is-self']);
    expect(asked(1179, { listenPort: 1179 })).to.deep.equal(['0', 'note peer-is-self']);
  });

  it('cause a warning when the node has no address of their family', () => {
    const model = native({ bgp: { peers: [peer('fd00::1'), peer('fd00::3')] } });
    const { issues } = resolve(model);
    expect(issues.map(({ code, severity }) => `${severity} ${code}`)).to.deep.equal([
      'warning peer-without-family',
    ]);
    expect(issues[0]?.message).to.contain('fd00::1, fd00::3');
  });
});
