import { expect } from 'chai';
import {
  awaitHello,
  stepControllerSide,
  type ControllerSide,
  type ControllerSideAction,
  type ControllerSideEvent,
  type ControllerSideSettings,
} from '../../../core/protocol/controller-side.ts';
import { forAgent, type ChannelMessage } from '../../../core/protocol/messages.ts';
import { ackOf, configOf, digestNamed, helloOf, nackOf, refTo } from './sample.ts';

const settings: ControllerSideSettings = {
  cluster: 'default',
  liveness: { pingAfterMs: 20_000, silenceMs: 60_000 },
  helloMs: 10_000,
  slowMs: 20_000,
  drainMs: 300_000,
};

interface Run {
  readonly state: ControllerSide;
  readonly actions: readonly ControllerSideAction[];
}

function run(events: readonly ControllerSideEvent[], from: ControllerSide = awaitHello(0)): Run {
  return events.reduce<Run>(({ state }, event) => stepControllerSide(state, event, settings), {
    state: from,
    actions: [],
  });
}

function received(message: ChannelMessage, now = 1): ControllerSideEvent {
  return { type: 'received', now, message };
}

function target(number: number, name: string): ControllerSideEvent {
  return { type: 'target', config: configOf(number, name) };
}

function tick(now: number, unsent = 0): ControllerSideEvent {
  return { type: 'tick', now, unsent };
}

/** The sent configurations: the number, and whether with the text. */
function pushed(actions: readonly ControllerSideAction[]): [number: number, withText: boolean][] {
  return actions.flatMap((action) =>
    action.type === 'send-config' ? [[action.config.number, action.withText]] : [],
  );
}

const open = run([received(helloOf())]).state;

describe("the controller's side of the channel", () => {
  it('sends the target to an agent that connects without it', () => {
    const { actions } = run([target(1, 'a'), received(helloOf())]);
    expect(actions[0]).to.include({ type: 'greeted' });
    expect(pushed(actions)).to.deep.equal([[1, true]]);
  });

  it('sends "you have it" to an agent that connects with it', () => {
    const hello = helloOf({ accepted: refTo(1, 'a') });
    expect(pushed(run([target(1, 'a'), received(hello)]).actions)).to.deep.equal([[1, false]]);
  });

  it('sends the text once to an agent that turns out not to have it', () => {
    const hello = helloOf({ accepted: refTo(1, 'a') });
    const unknown = received(nackOf(refTo(1, 'a'), 'digest-unknown'));
    const resent = run([target(1, 'a'), received(hello), unknown]);
    expect(pushed(resent.actions)).to.deep.equal([[1, true]]);
    const lied = run([unknown], resent.state);
    expect(lied.actions[0]).to.include({ type: 'close', code: 4400 });
  });

  it('does not push a revision that the agent rejected before, and says so', () => {
    const rejection = { ...refTo(1, 'a'), at: '2026-01-01T00:00:00Z', reason: 'no session' };
    const { actions } = run([target(1, 'a'), received(helloOf({ rejected: [rejection] }))]);
    expect(pushed(actions)).to.deep.equal([]);
    expect(actions.at(-1)).to.deep.nested.include({
      'outcome.code': 'rejected-before',
      'outcome.message': 'not sent: the agent rejected it before: no session',
    });
  });

  it('reports the stages as they are acknowledged', () => {
    const { state } = run([target(1, 'a')], open);
    const { actions } = run([received(ackOf(refTo(1, 'a'), 'received'))], state);
    expect(actions).to.deep.equal([
      { type: 'progress', ref: refTo(1, 'a'), outcome: { kind: 'stage', stage: 'received' } },
    ]);
  });

  it('sends a newer target at once, and accepts reports about the older one', () => {
    const newer = run([target(1, 'a'), target(2, 'b')], open);
    expect(pushed(newer.actions)).to.deep.equal([[2, true]]);
    const older = run([received(nackOf(refTo(1, 'a'), 'superseded'))], newer.state);
    expect(older.actions).to.have.length(1);
    expect(older.state.phase).to.equal('open');
  });

  it('does not go back to an older target', () => {
    expect(run([target(2, 'b'), target(1, 'a')], open).actions).to.deep.equal([]);
  });

  it('sends a revision without the cluster-wide resources only to an agent that can leave them', () => {
    const config = { ...configOf(1, 'a'), clusterShare: 'later' } as const;
    const greeted = (capabilities: readonly string[]): readonly ControllerSideAction[] =>
      run([received({ ...helloOf(), capabilities: [...capabilities] }), { type: 'target', config }])
        .actions;
    const sent = greeted(['cluster-share-later']).find(({ type }) => type === 'send-config');
    if (sent?.type !== 'send-config') throw new Error('it is not sent');
    expect(forAgent(sent.config, sent.known)).to.include({ clusterShare: 'later' });
    const old = greeted(['retry', 'push-terms', 'person-confirm']);
    expect(pushed(old)).to.deep.equal([]);
    const outcome = old.flatMap((one) => (one.type === 'progress' ? one.outcome : []));
    expect(outcome[0]).to.include({ kind: 'nack', code: 'agent-too-old' });
  });

  it('does not send a text again that it sent on this connection', () => {
    const { actions } = run([target(1, 'a'), target(2, 'b'), target(3, 'a')], open);
    expect(pushed(actions)).to.deep.equal([[3, false]]);
  });

  it('sends the text of a previous revision of the agent, once the agent has taken another one', () => {
    const taken = run([
      received(helloOf({ accepted: refTo(1, 'a') })),
      target(2, 'b'),
      received(ackOf(refTo(2, 'b'), 'received')),
    ]);
    expect(pushed(run([target(3, 'a')], taken.state).actions)).to.deep.equal([[3, true]]);
  });

  it('sends nothing more to an agent that does not read, then only the newest', () => {
    const held = run([{ type: 'congested', now: 5 }, target(1, 'a'), target(2, 'b')], open);
    expect(held.actions).to.deep.equal([]);
    expect(pushed(run([{ type: 'drained', now: 9 }], held.state).actions)).to.deep.equal([
      [2, true],
    ]);
  });

  const unread = (reason: string): readonly ControllerSideAction[] => [
    { type: 'terminate', reason },
  ];

  it('hangs up on an agent that does not read', () => {
    const held = run([{ type: 'congested', now: 5 }, tick(1000, 900_000)], open);
    expect(run([tick(20_004, 900_000)], held.state).actions).to.deep.equal([]);
    const { actions } = run([tick(20_005, 900_000)], held.state);
    expect(actions).to.deep.equal(unread('it does not read what is sent to it'));
  });

  it('waits for an agent that reads slowly, although its messages wait as well, and not for ever', () => {
    const slowly = Array.from({ length: 19 }, (_, at) => tick(15_000 * at, 900_000 - at));
    const held = run([{ type: 'congested', now: 5 }, ...slowly], open);
    expect(held.actions).to.deep.equal([]);
    const stopped = run([tick(290_000, 900_000)], held.state);
    expect(stopped.actions).to.deep.equal(unread('it does not read what is sent to it'));
    const late = run([tick(285_000, 1000), tick(300_005, 900)], held.state);
    expect(late.actions).to.deep.equal(unread('it reads what is sent to it too slowly'));
    const drained = run([tick(285_000, 1000), { type: 'drained', now: 290_000 }], held.state);
    expect(run([tick(300_005)], drained.state).actions).to.deep.equal([]);
    expect(run([tick(310_000)], drained.state).actions[0]).to.include({ type: 'send' });
  });

  it('accepts changed facts of the same node', () => {
    const hello = { ...helloOf(), facts: { addresses: ['10.0.9.2/24'] } };
    expect(run([received(hello)], open).actions).to.deep.equal([{ type: 'refreshed', hello }]);
  });

  it('answers pings, sends one after a while and gives up on silence', () => {
    expect(run([received({ type: 'ping', id: 4 })], open).actions).to.deep.equal([
      { type: 'send', message: { type: 'pong', id: 4 } },
    ]);
    expect(run([tick(20_001)], open).actions).to.deep.equal([
      { type: 'send', message: { type: 'ping', id: 1 } },
    ]);
    expect(run([tick(60_001)], open).actions[0]).to.include({ code: 4408 });
  });

  it('refuses an agent of another cluster, and names both', () => {
    const { actions } = run([received({ ...helloOf(), cluster: 'other' })]);
    expect(actions).to.deep.equal([
      {
        type: 'close',
        code: 4403,
        reason: 'this controller serves cluster "default", not "other"',
      },
    ]);
  });

  it('hangs up when no hello comes', () => {
    expect(run([tick(9999)]).actions).to.deep.equal([]);
    expect(run([tick(10_000)]).actions[0]).to.include({ code: 4408 });
  });

  const a = refTo(1, 'a');
  const ended = ['received', 'applied', 'confirmed'].map((stage) =>
    received(ackOf(a, stage === 'received' ? stage : stage === 'applied' ? stage : 'confirmed')),
  );
  const lies: readonly [behaviour: string, events: readonly ControllerSideEvent[]][] = [
    ['says hello as another node', [received({ ...helloOf(), node: 'node-1' })]],
    ['acknowledges what was never sent', [received(ackOf(refTo(9, 'x'), 'received'))]],
    ['acknowledges another digest', [target(1, 'a'), received(ackOf(refTo(1, 'b'), 'received'))]],
    ['skips a stage', [target(1, 'a'), received(ackOf(a, 'applied'))]],
    [
      'repeats a stage',
      [target(1, 'a'), received(ackOf(a, 'received')), received(ackOf(a, 'received'))],
    ],
    ['goes on after the end', [target(1, 'a'), ...ended, received(nackOf(a, 'late'))]],
    ['sends a configuration', [received(configOf(1, 'a'))]],
    ['answers a ping that was not sent', [received({ type: 'pong', id: 3 })]],
    ['sends garbage', [{ type: 'garbage', reason: 'the message is not JSON' }]],
  ];
  for (const [behaviour, events] of lies) {
    it(`hangs up on an agent that ${behaviour}`, () => {
      const { state, actions } = run(events, open);
      expect(actions).to.have.length(1);
      expect(actions[0]).to.include({ type: 'close', code: 4400 });
      expect(run([target(5, 'e')], state).actions).to.deep.equal([]);
    });
  }

  it('hangs up on an agent that does not begin with hello', () => {
    const { actions } = run([received({ type: 'ping', id: 1 })]);
    expect(actions[0]).to.include({ type: 'close', code: 4400 });
  });

  it('remembers a bounded number of deliveries', () => {
    const targets = Array.from({ length: 1000 }, (_, n) => target(n + 1, `c${String(n)}`));
    const { state } = run(targets, open);
    expect(state.delivery.sent.length).to.be.at.most(8);
    const old = run([received(ackOf(refTo(1, 'c0'), 'received'))], state);
    expect(old.state.phase).to.equal('open');
    expect(digestNamed('c0')).to.equal(refTo(1, 'c0').digest);
  });
});
