import { expect } from 'chai';
import fc from 'fast-check';
import {
  awaitHello,
  stepControllerSide,
  type ControllerSide,
  type ControllerSideEvent,
  type ControllerSideSettings,
} from '../../../../core/protocol/controller-side.ts';
import {
  knownOf,
  nothingKnown,
  retryCapability,
  type AckMessage,
  type ChannelMessage,
} from '../../../../core/protocol/messages.ts';
import {
  nothingSent,
  type Delivery,
  type Greeting,
  type Target,
} from '../../../../core/protocol/delivery/controller-delivery.ts';
import {
  ownDeliveries,
  sharedDeliveries,
  type DeliverySteps,
} from '../../../../core/protocol/delivery/shared-deliveries.ts';
import { ackOf, configOf, helloOf, nackOf, refTo } from '../sample.ts';

const own: ControllerSideSettings = {
  cluster: 'default',
  liveness: { pingAfterMs: 20_000, silenceMs: 60_000 },
  helloMs: 10_000,
  slowMs: 20_000,
  drainMs: 300_000,
};

function received(message: ChannelMessage): ControllerSideEvent {
  return { type: 'received', now: 1, message };
}

const rejection = { ...refTo(1, 'a'), at: '2026-01-01T00:00:00Z', reason: 'no session' };
const hellos = [
  helloOf(),
  helloOf({ accepted: refTo(1, 'a') }),
  { ...helloOf(), capabilities: [retryCapability] },
  helloOf({ rejected: [rejection] }),
];

/** Few different ones, so that several agents are in one state and answer differently. */
const anyEvent: fc.Arbitrary<ControllerSideEvent> = fc.oneof(
  fc
    .constantFrom(configOf(1, 'a'), configOf(2, 'a'))
    .map((config) => ({ type: 'target', config }) as const),
  fc
    .tuple(
      fc.constantFrom(1, 2),
      fc.constantFrom('received' as const, 'applied' as const, 'confirmed' as const),
    )
    .map(([number, stage]) => received(ackOf(refTo(number, 'a'), stage))),
  fc
    .constantFrom('x', 'superseded', 'digest-unknown')
    .map((code) => received(nackOf(refTo(1, 'a'), code))),
  fc.constantFrom('congested' as const, 'drained' as const).map((type) => ({ type, now: 1 })),
);

describe('deliveries that connections share', () => {
  it('do what those of each connection alone would do, in any order of events', () => {
    const anyAgent = fc.nat(1);
    const greetings = fc.array(
      fc.constantFrom(...hellos).map((hello) => received(hello)),
      { minLength: 2, maxLength: 2 },
    );
    const later = fc.array(fc.tuple(anyAgent, anyEvent), { maxLength: 40 });
    fc.assert(
      fc.property(greetings, later, (first, steps) => {
        const shared = { ...own, deliveries: sharedDeliveries() };
        const alone: ControllerSide[] = [];
        const together: ControllerSide[] = [];
        const all = [...first.map((event, agent) => [agent, event] as const), ...steps];
        for (const [agent, event] of all) {
          const expected = stepControllerSide(alone[agent] ?? awaitHello(0), event, own);
          const found = stepControllerSide(together[agent] ?? awaitHello(0), event, shared);
          expect(found).to.deep.equal(expected);
          alone[agent] = expected.state;
          together[agent] = found.state;
        }
      }),
      { numRuns: 300 },
    );
  });

  const config = configOf(2, 'b');
  const ref = refTo(2, 'b');
  const begun = [
    received(helloOf({ accepted: refTo(1, 'a') })),
    { type: 'target', config, ref } as const,
  ];
  const ackOfStage = (stage: 'received' | 'applied'): ControllerSideEvent =>
    received(ackOf(refTo(2, 'b'), stage));

  it('are one object for agents that came and answered alike', () => {
    const settings = { ...own, deliveries: sharedDeliveries() };
    const [one, other] = [0, 1].map(() =>
      [...begun, ackOfStage('received'), ackOfStage('applied')].reduce(
        (state, event) => stepControllerSide(state, event, settings).state,
        awaitHello(0),
      ),
    );
    expect(one?.delivery.sent).to.have.length(1);
    expect(one?.delivery).to.equal(other?.delivery);
  });

  it('stay one object for agents over several configurations', () => {
    const settings = { ...own, deliveries: sharedDeliveries() };
    const all = (states: readonly ControllerSide[], event: ControllerSideEvent): ControllerSide[] =>
      states.map((state) => stepControllerSide(state, event, settings).state);
    let agents = all([awaitHello(0), awaitHello(0), awaitHello(0)], received(helloOf()));
    for (const number of [1, 2, 3]) {
      agents = all(agents, { type: 'target', config: configOf(number, 'a') });
      for (const stage of ['received', 'applied', 'confirmed'] as const) {
        agents = all(agents, received(ackOf(refTo(number, 'a'), stage)));
        expect(agents[0]?.delivery.sent).to.have.length(number);
        expect(new Set(agents.map(({ delivery }) => delivery)).size).to.equal(1);
      }
    }
  });

  it('take another answer of an agent in the same state for what it is', () => {
    const settings = { ...own, deliveries: sharedDeliveries() };
    const ends = (['received', 'applied'] as const).map(
      (stage) =>
        [...begun, ackOfStage(stage)].reduce(
          (state, event) => stepControllerSide(state, event, settings).state,
          awaitHello(0),
        ).phase,
    );
    // It has skipped a stage.
    expect(ends).to.deep.equal(['open', 'over']);
  });

  describe('tell apart', () => {
    const first = ackOf(refTo(1, 'a'), 'received');
    const otherAcks: readonly [what: string, other: AckMessage][] = [
      ['revision', ackOf(refTo(2, 'a'), 'received')],
      ['number', { ...first, number: 3 }],
      ['digest', { ...first, digest: refTo(1, 'b').digest }],
      ['lineage', { ...first, lineage: 'local:node-0' }],
      ['stage', { ...first, stage: 'applied' }],
    ];
    for (const [what, other] of otherAcks) {
      it(`acknowledgements with another ${what}`, () => {
        const steps = sharedDeliveries();
        const both = sentTo(steps, sentTo(steps, nothingSent, 1), 2);
        expect(steps.takeAck(both, first)).to.deep.equal(ownDeliveries.takeAck(both, first));
        expect(steps.takeAck(both, other)).to.deep.equal(ownDeliveries.takeAck(both, other));
      });
    }

    const greeting: Greeting = { held: refTo(1, 'a').digest, rejected: [], known: nothingKnown };
    const otherGreetings: { readonly [Field in keyof Greeting]: Greeting[Field] } = {
      held: refTo(2, 'b').digest,
      rejected: [rejection],
      known: knownOf([retryCapability]),
    };
    for (const [field, value] of Object.entries(otherGreetings)) {
      it(`hellos with another value of ${field}`, () => {
        const steps = sharedDeliveries();
        const other = { ...greeting, [field]: value };
        for (const one of [greeting, other, greeting]) {
          expect(steps.greetedBy(nothingSent, one)).to.deep.equal({ ...nothingSent, ...one });
        }
      });
    }

    const target: Required<Target> = { config, ref };
    const otherTargets: typeof target = { config: { ...config, text: '# c' }, ref: refTo(2, 'c') };
    for (const [field, value] of Object.entries(otherTargets)) {
      it(`targets with another ${field}`, () => {
        const steps = sharedDeliveries();
        steps.retarget(nothingSent, target);
        const other = { ...target, [field]: value };
        const after = { ...nothingSent, target: other.config, ref: other.ref };
        expect(steps.retarget(nothingSent, other)).to.deep.equal(after);
      });
    }
  });

  it('are forgotten when a newer configuration comes, which they would keep in memory', () => {
    const steps = sharedDeliveries();
    const target = { config: configOf(1, 'a') };
    const wanted = steps.retarget(nothingSent, target);
    const sent = steps.deliverTarget(wanted).delivery;
    const greeting: Greeting = { held: target.config.digest, rejected: [], known: nothingKnown };
    const ack = ackOf(refTo(1, 'a'), 'received');
    const results = (): Readonly<Record<keyof DeliverySteps, unknown>> => ({
      greetedBy: steps.greetedBy(wanted, greeting),
      retarget: steps.retarget(nothingSent, target),
      deliverTarget: steps.deliverTarget(wanted),
      takeAck: steps.takeAck(sent, ack),
    });
    const before = results();
    expect(sharedParts(before, results())).to.deep.equal(Object.keys(before));
    steps.retarget(sent, { config });
    const after = results();
    expect(after).to.deep.equal(before);
    expect(sharedParts(before, after)).to.deep.equal([]);
    expect(sharedParts(after, results())).to.deep.equal(Object.keys(before));
  });
});

/** The names of the results that are one object in both. */
function sharedParts<Results extends object>(one: Results, other: Results): readonly string[] {
  const others = new Set<unknown>(Object.values(other));
  return Object.entries(one).flatMap(([name, result]) => (others.has(result) ? [name] : []));
}

/** After the revision of this number, named "a", was sent. */
function sentTo(steps: DeliverySteps, before: Delivery, number: number): Delivery {
  return steps.deliverTarget(steps.retarget(before, { config: configOf(number, 'a') })).delivery;
}
