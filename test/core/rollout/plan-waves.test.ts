import { expect } from 'chai';
import fc from 'fast-check';
import { planWaves, waveOfNewNode, type PlannedNode } from '../../../core/rollout/plan-waves.ts';
import { plainStrategy } from '../../../core/rollout/strategy.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';

function node(name: string, labels: Readonly<Record<string, string>> = {}): PlannedNode {
  return { name, labels };
}

function strategy(waves: RolloutStrategy['waves']): RolloutStrategy {
  return { ...plainStrategy, ...(waves !== undefined && { waves }) };
}

function wavesOf(
  waves: RolloutStrategy['waves'],
  nodes: readonly PlannedNode[],
): readonly string[] {
  const plan = planWaves(strategy(waves), nodes);
  if (!plan.ok)
    return plan.issues.map(({ code, pointer, message }) => `${code} ${pointer} ${message}`);
  return plan.waves.map(({ name, nodes: names }) => `${name}: ${names.join(' ')}`);
}

const racks = [
  node('n1', { rack: 'r10', zone: 'a' }),
  node('n2', { rack: 'r2', zone: 'b' }),
  node('n10', { rack: 'r2' }),
  node('m1'),
];

describe('the waves of a rollout', () => {
  it('are one of all nodes without rules', () => {
    expect(wavesOf(undefined, racks)).to.deep.equal(['all: m1 n1 n10 n2']);
    expect(wavesOf(undefined, [])).to.deep.equal(['all: ']);
  });

  it('take what earlier ones left, and the rest forms the last one', () => {
    expect(
      wavesOf([{ name: 'canary', count: 1, nodes: ['n*'] }, { labels: { rack: 'r2' } }], racks),
    ).to.deep.equal(['canary: n1', 'wave-2: n10 n2', 'rest: m1']);
  });

  it('have one for each value of a label, in their natural order', () => {
    expect(wavesOf([{ name: 'rack', each: 'rack' }], racks)).to.deep.equal([
      'rack-r2: n10 n2',
      'rack-r10: n1',
      'rest: m1',
    ]);
  });

  it('take a percentage of all nodes, rounded up', () => {
    const nodes = [...Array(10).keys()].map((number) => node(`n${String(number)}`));
    expect(wavesOf([{ percent: 5 }, { percent: 50 }], nodes)).to.deep.equal([
      'wave-1: n0',
      'wave-2: n1 n2 n3 n4 n5',
      'rest: n6 n7 n8 n9',
    ]);
  });

  for (const [pattern, names] of [
    ['n1', 'n1'],
    ['N1', 'n1'],
    ['n*', 'n1 n10 n2'],
    ['*1*', 'm1 n1 n10'],
    ['n*0', 'n10'],
    ['*', 'm1 n1 n10 n2'],
    ['n1*1', undefined],
  ] as const) {
    it(`match the pattern ${pattern}`, () => {
      const [first] = wavesOf([{ name: 'w', nodes: [pattern] }], racks);
      expect(first).to.equal(
        names === undefined
          ? 'wave-without-nodes /waves/0 the wave "w" has no node: no known node is as it says'
          : `w: ${names}`,
      );
    });
  }

  it('are refused where one has no node, with all such waves', () => {
    expect(
      wavesOf(
        [
          { name: 'a', nodes: ['x'] },
          { name: 'b', nodes: ['n*'] },
          { name: 'c', nodes: ['n1'] },
        ],
        racks,
      ),
    ).to.deep.equal([
      'wave-without-nodes /waves/0 the wave "a" has no node: no known node is as it says',
      'wave-without-nodes /waves/2 the wave "c" has no node: earlier waves have all that it selects',
    ]);
  });

  it('warn of names that no node has, and name similar ones', () => {
    const nodes = ['node-0', 'node-1', 'worker-01'].map((name) => node(name));
    const plan = planWaves(
      strategy([
        { name: 'canary', nodes: ['NODE-0', 'rack-99', 'Worker-1', 'edge-*'] },
        { name: 'two', nodes: ['node-*', 'x'], count: 1 },
      ]),
      nodes,
    );
    expect(plan).to.have.property('ok', true);
    expect(plan.issues).to.deep.equal([
      {
        pointer: '/waves/0/nodes/1',
        severity: 'warning',
        code: 'wave-with-unknown-nodes',
        message:
          'the wave "canary" names nodes that the controller does not know: rack-99, Worker-1 (did you mean worker-01?), edge-*',
        hint: 'calico-controller nodes lists the nodes; a node that connects later joins the wave by its name',
      },
      {
        pointer: '/waves/1/nodes/1',
        severity: 'warning',
        code: 'wave-with-unknown-nodes',
        message: 'the wave "two" names nodes that the controller does not know: x',
        hint: 'calico-controller nodes lists the nodes; a wave with count or percent gets no node that connects later',
      },
    ]);
    const many = [...Array(500).keys()].map((number) => `z${String(number)}`);
    const [issue] = planWaves(strategy([{ nodes: ['node-0', ...many] }]), nodes).issues;
    expect(issue?.message).to.match(/: z0, z1, .*, z9 and 490 more$/);
  });

  it('are refused where there are too many', () => {
    const nodes = [...Array(501).keys()].map((number) =>
      node(`n${String(number)}`, { host: String(number) }),
    );
    expect(wavesOf([{ each: 'host' }], nodes)).to.deep.equal([
      'too-many-waves /waves the strategy gives 501 waves, and a rollout has at most 500',
    ]);
  });

  it('take a node that comes later by its name or labels, else into the last one', () => {
    const rules = strategy([
      { name: 'canary', count: 1 },
      { name: 'rack', each: 'rack' },
      { name: 'm', nodes: ['m*'] },
    ]);
    const plan = planWaves(rules, [...racks, node('m2')]);
    if (!plan.ok) throw new Error('it was refused');
    const waves = plan.waves.map((wave) => ({ ...wave, nodes: wave.nodes.length }));
    const join = (one: PlannedNode): string => waves[waveOfNewNode(rules, waves, one)]?.name ?? '';
    expect(waves.map(({ name }) => name)).to.deep.equal(['canary', 'rack-r2', 'rack-r10', 'm']);
    expect(join(node('a', { rack: 'r2' }))).to.equal('rack-r2');
    expect(join(node('m3'))).to.equal('m');
    expect(join(node('a', { rack: 'r7' }))).to.equal('m');
    expect(join(node('a'))).to.equal('m');
  });

  it('have every node once, whatever the order of the nodes', () => {
    const label = fc.constantFrom('a', 'b', 'c');
    const anyNode = fc.record({
      name: fc.stringMatching(/^[a-z][0-9]{1,2}$/),
      labels: fc.record({ rack: label, zone: label }, { requiredKeys: [] }),
    });
    const nodes = fc.uniqueArray(anyNode, {
      selector: ({ name }) => name,
      minLength: 1,
      maxLength: 30,
    });
    const rule = fc.constantFrom<NonNullable<RolloutStrategy['waves']>[number]>(
      { count: 2 },
      { percent: 30 },
      { each: 'rack' },
      { labels: { zone: 'a' } },
      { nodes: ['a*', '*1'] },
    );
    fc.assert(
      fc.property(nodes, fc.array(rule, { maxLength: 4 }), fc.integer(), (given, rules, turn) => {
        const plan = planWaves(strategy(rules), given);
        const turned = given.toSorted((one, other) =>
          (turn % 2 === 0 ? one : other).name < (turn % 2 === 0 ? other : one).name ? -1 : 1,
        );
        expect(planWaves(strategy(rules), turned)).to.deep.equal(plan);
        if (!plan.ok) return;
        const names = plan.waves.flatMap((wave) => wave.nodes);
        expect(names.toSorted()).to.deep.equal(given.map(({ name }) => name).toSorted());
        expect(plan.waves.every((wave) => wave.nodes.length > 0)).to.equal(true);
      }),
      { numRuns: 200 },
    );
  });
});
