/** Laws that hold whatever nodes, people and clocks do; a failing seed is printed and replays. */
import { expect } from 'chai';
import fc from 'fast-check';
import { isOver } from '../../../core/rollout/step.ts';
import type { Rollout } from '../../../core/rollout/steps.ts';
import { newestOf } from '../../../core/rollout/targets.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import { SimulatedFleet } from './simulated-fleet.ts';

const names = ['a1', 'a2', 'b1', 'b2', 'c1', 'c2'];

type Happening =
  | { readonly kind: 'confirm' | 'fail' | 'leave' | 'come'; readonly node: string }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'pause' | 'resume' | 'approve' | 'abort' | 'crash' | 'all-confirm' };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: aboutNode('confirm') },
  { weight: 4, arbitrary: fc.constant({ kind: 'all-confirm' as const }) },
  aboutNode('fail'),
  { weight: 2, arbitrary: aboutNode('leave') },
  { weight: 2, arbitrary: aboutNode('come') },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      seconds: fc.constantFrom(1, 30, 60, 600),
    }),
  },
  fc.record({
    kind: fc.constantFrom(
      'pause' as const,
      'resume' as const,
      'approve' as const,
      'crash' as const,
    ),
  }),
  { weight: 1, arbitrary: fc.constant({ kind: 'abort' as const }) },
);

function aboutNode(kind: 'confirm' | 'fail' | 'leave' | 'come'): fc.Arbitrary<Happening> {
  return fc.record({ kind: fc.constant(kind), node: fc.constantFrom(...names) });
}

const strategies: fc.Arbitrary<Partial<RolloutStrategy>> = fc.record({
  waves: fc.constantFrom<NonNullable<RolloutStrategy['waves']>>(
    [],
    [{ count: 1 }],
    [{ nodes: ['a*'] }, { nodes: ['b*'] }],
    [{ percent: 20 }, { percent: 50 }],
  ),
  settle: fc.constantFrom('0s', '60s'),
  limit: fc.constant('10m'),
  maxFailures: fc.constantFrom<number | string>(0, 1, '50%'),
  approval: fc.constantFrom('none' as const, 'each-wave' as const),
  onFailure: fc.constantFrom('roll-back' as const, 'pause' as const),
});

function happen(fleet: SimulatedFleet, one: Happening): void {
  switch (one.kind) {
    case 'confirm':
      fleet.confirm(one.node);
      return fleet.look();
    case 'all-confirm':
      fleet.confirm();
      fleet.look();
      return fleet.pass(60);
    case 'fail':
      if (fleet.node(one.node).state === 'working') fleet.node(one.node).state = 'failed';
      return fleet.look();
    case 'leave':
      fleet.node(one.node).isConnected = false;
      return fleet.look();
    case 'come':
      fleet.node(one.node).isConnected = true;
      fleet.deliver();
      return fleet.look();
    case 'pass':
      return fleet.pass(one.seconds);
    case 'crash':
      // Another process has nothing but what is stored.
      fleet.rollout = JSON.parse(JSON.stringify(fleet.rollout));
      fleet.ms = 17;
      fleet.send({ type: 'restarted' });
      return;
    case 'pause':
      fleet.send({ type: 'pause', by: 'test' });
      return;
    case 'resume':
      fleet.send({ type: 'resume' });
      return;
    case 'approve':
      fleet.send({ type: 'approve' });
      return;
    case 'abort':
      fleet.send({ type: 'abort', why: 'test' });
  }
}

/** The places of waves with a node that has a revision of the rollout and is not done with it. */
function wavesAtWork(fleet: SimulatedFleet): readonly number[] {
  return fleet.waves.flatMap(({ nodes }, place) =>
    nodes.some((name) => {
      const { accepted = 0, state, isConnected } = fleet.node(name);
      return accepted === fleet.rollout.revisions.target && state === 'working' && isConnected;
    })
      ? [place]
      : [],
  );
}

describe('the laws of rollouts', () => {
  it('hold in 1,000 seeded histories', () => {
    fc.assert(
      fc.property(
        strategies,
        fc.constantFrom<number | null>(1, null),
        fc.boolean(),
        fc.array(happening, { maxLength: 40 }),
        (strategy, base, hasBarrier, happenings) => {
          const fleet = new SimulatedFleet(names, strategy, base);
          if (hasBarrier) fleet.rollout = { ...fleet.rollout, barrier: { kinds: ['mesh-off'] } };
          fleet.watch = (before, after) => {
            checkBeginning(fleet, before, after);
            if (hasBarrier) checkBarrier(fleet, before, after);
          };
          fleet.look();
          let number = fleet.lastNumber;
          for (const one of happenings) {
            happen(fleet, one);
            expect(fleet.lastNumber, 'numbers never go back').to.be.at.least(number);
            number = fleet.lastNumber;
            const { phase, begun } = fleet.rollout.state;
            if (phase !== 'forward') continue;
            const atWork = wavesAtWork(fleet).filter((place) => place >= begun);
            expect(atWork, 'no wave works before it begins').to.deep.equal([]);
          }
          for (const [name, { given }] of fleet.nodes) {
            expect(given, `no step back on ${name}`).to.deep.equal(
              [...new Set(given)].toSorted((one, other) => one - other),
            );
          }
          bringToEnd(fleet);
          if (fleet.rollout.revisions.base === undefined && fleet.rollout.state.phase !== 'done') {
            return;
          }
          for (const node of fleet.nodes.values()) {
            expect(node.accepted, 'every node converges').to.equal(newestOf(fleet.rollout));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

/** A wave begins alone, and only after a node of the one before it has confirmed. */
function checkBeginning(fleet: SimulatedFleet, before: Rollout, after: Rollout): void {
  const { begun, phase } = after.state;
  if (phase === 'back' && before.state.phase !== 'back') {
    const isShared = after.revisions.share !== undefined;
    const name = 'all nodes go back at once from the cluster-wide resources, else wave by wave';
    expect(begun, name).to.equal(isShared ? 0 : before.state.begun);
    return;
  }
  if (begun === before.state.begun) return;
  expect([before.state.stage, after.state.stage]).to.deep.equal(['before', 'running']);
  expect(begun).to.equal(before.state.begun + 1);
  const { toleratedNodes = [], lateNodes = [], unprepared = [] } = before.state;
  const exempt = new Set([...toleratedNodes, ...lateNodes, ...unprepared]);
  if (after.strategy.maxFailures !== 0) return;
  const members = fleet.waves[begun - 2]?.nodes ?? [];
  if (members.every((name) => exempt.has(name))) return;
  const earlier = members.map((name) => fleet.node(name));
  const confirmed = earlier.filter(
    ({ accepted = 0, state }) => accepted > 1 && state === 'confirmed',
  );
  if (earlier.length === 0) return;
  expect(confirmed.length, 'the wave before has confirmed').to.be.above(0);
}

/** The cluster-wide resources change when all nodes are there and have confirmed, or a person says so. */
function checkBarrier(fleet: SimulatedFleet, before: Rollout, after: Rollout): void {
  const { share } = after.revisions;
  if (share === undefined || share === before.revisions.share) return;
  expect(before.state.stage).to.equal('barrier');
  const absent = [...fleet.nodes].flatMap(([name, { accepted = 0, state, isConnected }]) =>
    accepted < 2 || state !== 'confirmed' || !isConnected ? [name] : [],
  );
  const { unprepared = [] } = before.state;
  expect(unprepared, 'nodes that are not prepared').to.include.members(absent);
}

/** All nodes are there and healthy, and a person lets it go on. */
function bringToEnd(fleet: SimulatedFleet): void {
  for (let turn = 0; turn < 60 && !isOver(fleet.rollout); turn += 1) {
    for (const node of fleet.nodes.values()) {
      node.isConnected = true;
      if (node.state === 'failed') node.state = 'confirmed';
    }
    fleet.deliver();
    fleet.confirm();
    fleet.send({ type: 'resume' });
    fleet.send({ type: 'approve' });
    fleet.pass(600);
  }
  expect(isOver(fleet.rollout), 'it ends').to.equal(true);
  for (const node of fleet.nodes.values()) node.isConnected = true;
  fleet.deliver();
}
