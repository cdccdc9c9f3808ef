import { expect } from 'chai';
import fc from 'fast-check';
import {
  awaitHello,
  stepControllerSide,
  type ControllerSide,
  type ControllerSideEvent,
  type ControllerSideSettings,
} from '../../../../core/protocol/controller-side.ts';
import { retryCapability, type ChannelMessage } from '../../../../core/protocol/messages.ts';
import { sharedDeliveries } from '../../../../core/protocol/delivery/shared-deliveries.ts';
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
});
