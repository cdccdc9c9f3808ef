import { expect } from 'chai';
import {
  stepAgentSide,
  stoppedAgentSide,
  isWelcome,
  type AgentSide,
  type AgentSideAction,
  type AgentSideEvent,
  type AgentSideSettings,
} from '../../../core/protocol/agent-side.ts';
import type { ChannelMessage } from '../../../core/protocol/messages.ts';
import { withoutText } from '../../../core/protocol/messages.ts';
import { ackOf, configOf, helloOf, nackOf, refTo, statusOf } from './sample.ts';

const settings: AgentSideSettings = {
  cluster: 'default',
  backoff: { baseMs: 500, capMs: 30_000 },
  liveness: { pingAfterMs: 20_000, silenceMs: 60_000 },
};

interface Run {
  readonly state: AgentSide;
  /** The actions after the last event. */
  readonly actions: readonly AgentSideAction[];
}

function run(events: readonly AgentSideEvent[], from: AgentSide = stoppedAgentSide): Run {
  return events.reduce<Run>(({ state }, event) => stepAgentSide(state, event, settings), {
    state: from,
    actions: [],
  });
}

function received(message: ChannelMessage, now = 1): AgentSideEvent {
  return { type: 'received', now, message };
}

function sent(actions: readonly AgentSideAction[]): ChannelMessage[] {
  return actions.flatMap((action) => (action.type === 'send' ? [action.message] : []));
}

const opened: AgentSideEvent = { type: 'opened', now: 0, hello: helloOf(), status: statusOf() };
const open = run([{ type: 'start' }, opened]).state;

describe("the agent's side of the channel", () => {
  it('says hello, then its status, then asks for an answer', () => {
    const { actions } = run([{ type: 'start' }, opened]);
    expect(sent(actions).map(({ type }) => type)).to.deep.equal(['hello', 'status', 'ping']);
  });

  it('counts as connected only when the controller has answered', () => {
    expect(isWelcome(open)).to.equal(false);
    expect(isWelcome(run([received({ type: 'pong', id: 1 })], open).state)).to.equal(true);
  });

  it('offers a configuration and acknowledges its stages in order', () => {
    const config = configOf(1, 'a');
    const offered = run([received(config)], open);
    expect(offered.actions).to.deep.equal([{ type: 'offer', config }]);
    const accepted = run([{ type: 'accepted', ref: config, stage: 'received' }], offered.state);
    expect(sent(accepted.actions)).to.deep.equal([ackOf(config, 'received')]);
    const confirmed = run([{ type: 'stage', ref: config, stage: 'confirmed' }], accepted.state);
    expect(sent(confirmed.actions)).to.deep.equal([
      ackOf(config, 'applied'),
      ackOf(config, 'confirmed'),
    ]);
  });

  it('acknowledges all stages of a revision that it confirmed long ago', () => {
    const config = withoutText(configOf(1, 'a'));
    const { actions } = run(
      [received(config), { type: 'accepted', ref: config, stage: 'confirmed' }],
      open,
    );
    expect(sent(actions)).to.deep.equal([
      ackOf(config, 'received'),
      ackOf(config, 'applied'),
      ackOf(config, 'confirmed'),
    ]);
  });

  it('accepts a stage that is reported before the answer to the offer', () => {
    const config = configOf(1, 'a');
    const early = run([received(config), { type: 'stage', ref: config, stage: 'applied' }], open);
    expect(sent(early.actions)).to.deep.equal([
      ackOf(config, 'received'),
      ackOf(config, 'applied'),
    ]);
    const late = run([{ type: 'accepted', ref: config, stage: 'received' }], early.state);
    expect(late.actions).to.deep.equal([]);
    const again = run([{ type: 'stage', ref: config, stage: 'applied' }], late.state);
    expect(again.actions).to.deep.equal([]);
  });

  it('reports a refusal with its reasons', () => {
    const config = configOf(1, 'a');
    const failure = { code: 'invalid-config', message: 'invalid-config', issues: [] };
    const { actions } = run([received(config), { type: 'refused', ref: config, failure }], open);
    expect(sent(actions)).to.deep.equal([nackOf(config, 'invalid-config')]);
  });

  it('says once why it is still trying, and acknowledges later', () => {
    const config = configOf(1, 'a');
    const failure = { code: 'x', message: 'x', issues: [], retrying: true as const };
    const failed: AgentSideEvent = { type: 'failed', ref: config, failure };
    const accepted: AgentSideEvent = { type: 'accepted', ref: config, stage: 'received' };
    const once = run([received(config), accepted, failed], open);
    expect(sent(once.actions)).to.deep.equal([nackOf(config, 'x', true)]);
    const twice = run([failed], once.state);
    expect(twice.actions).to.deep.equal([]);
    const applied = run([{ type: 'stage', ref: config, stage: 'applied' }], twice.state);
    expect(sent(applied.actions)).to.deep.equal([ackOf(config, 'applied')]);
  });

  it('keeps the newest of several waiting revisions, and supersedes the others', () => {
    const [first, second, third] = [configOf(1, 'a'), configOf(2, 'b'), configOf(3, 'c')];
    const waiting = run([received(first), received(second), received(third)], open);
    expect(sent(waiting.actions).map(({ type }) => type)).to.deep.equal(['nack']);
    expect(waiting.actions[0]).to.deep.include({ type: 'send' });
    const next = run([{ type: 'accepted', ref: first, stage: 'received' }], waiting.state);
    expect(next.actions.at(-1)).to.deep.equal({ type: 'offer', config: third });
  });

  it('ends an unfinished older one when the newer one is accepted', () => {
    const [first, second] = [configOf(1, 'a'), configOf(2, 'b')];
    const events: AgentSideEvent[] = [
      received(first),
      { type: 'accepted', ref: first, stage: 'applied' },
      received(second),
      { type: 'accepted', ref: second, stage: 'received' },
    ];
    const { state, actions } = run(events, open);
    expect(sent(actions)).to.have.length(2);
    expect(sent(actions)[0]).to.deep.equal(ackOf(second, 'received'));
    expect(sent(actions)[1]).to.include({ type: 'nack', number: 1, code: 'superseded' });
    const late = run([{ type: 'stage', ref: first, stage: 'confirmed' }], state);
    expect(late.actions).to.deep.equal([]);
  });

  it('keeps an older one going when the newer one is refused', () => {
    const [first, second] = [configOf(1, 'a'), configOf(2, 'b')];
    const failure = { code: 'invalid-config', message: '', issues: [] };
    const { actions } = run(
      [
        received(first),
        { type: 'accepted', ref: first, stage: 'received' },
        received(second),
        { type: 'refused', ref: second, failure },
        { type: 'stage', ref: first, stage: 'applied' },
      ],
      open,
    );
    expect(sent(actions)).to.deep.equal([ackOf(first, 'applied')]);
  });

  it('reports the number of its peers, and the first ten issues, shortened', () => {
    const long = 'x'.repeat(4096);
    const issue = { severity: 'warning' as const, code: 'c', pointer: long, message: long };
    const peer = { address: '10.0.0.1', asNumber: 64512 };
    const resolved = { peerCount: 25_000, peers: Array.from({ length: 1000 }, () => peer) };
    const issues = Array.from({ length: 1000 }, () => issue);
    const { actions } = run(
      [{ type: 'status', status: { ...statusOf(), resolved, issues } }],
      open,
    );
    expect(actions).to.have.length(1);
    expect(actions[0]).to.have.nested.property('message.changed.resolved').deep.equal({
      peerCount: 25_000,
      peers: [],
    });
    expect(actions[0]).to.have.nested.property('message.changed.issues').with.length(10);
    expect(JSON.stringify(actions[0]).length).to.be.lessThan(32 * 1024);
  });

  it('reports only the fields of the status that changed, and null for one that is gone', () => {
    const progress = { step: 1, steps: 2, title: 'pools' };
    const applying = run([{ type: 'status', status: { ...statusOf('applying'), progress } }], open);
    expect(sent(applying.actions)).to.deep.equal([
      { type: 'status', changed: { state: 'applying', message: 'applying', progress } },
    ]);
    const done = run([{ type: 'status', status: statusOf('applying') }], applying.state);
    expect(sent(done.actions)).to.deep.equal([{ type: 'status', changed: { progress: null } }]);
    const same = run([{ type: 'status', status: statusOf('applying') }], done.state);
    expect(same.actions).to.deep.equal([]);
  });

  it('says hello again when its facts changed, and only then', () => {
    const { facts } = helloOf();
    expect(run([{ type: 'facts', facts: { ...facts } }], open).actions).to.deep.equal([]);
    const moved = { ...facts, addresses: ['10.0.9.2/24'] };
    const { actions } = run([{ type: 'facts', facts: moved }], open);
    expect(sent(actions)).to.deep.equal([{ ...helloOf(), facts: moved }]);
  });

  it('sends a ping after a silent while, and gives up after a longer one', () => {
    const welcome = run([received({ type: 'pong', id: 1 }, 0)], open).state;
    const asked = run([{ type: 'tick', now: 20_000 }], welcome);
    expect(sent(asked.actions)).to.deep.equal([{ type: 'ping', id: 2 }]);
    expect(run([{ type: 'tick', now: 40_000 }], asked.state).actions).to.deep.equal([]);
    const given = run([{ type: 'tick', now: 60_000 }], asked.state);
    expect(given.actions).to.deep.equal([
      { type: 'close', code: 4408, reason: 'the controller is silent' },
    ]);
  });

  it('waits for a large message on a slow link, as long as parts of it arrive', () => {
    const welcome = run([received({ type: 'pong', id: 1 }, 0)], open).state;
    const asked = run([{ type: 'tick', now: 60_000, arrivedAt: 59_000 }], welcome);
    expect(sent(asked.actions)).to.deep.equal([{ type: 'ping', id: 2 }]);
    const later = run([{ type: 'tick', now: 118_999, arrivedAt: 59_000 }], asked.state);
    expect(later.actions).to.deep.equal([]);
    const given = run([{ type: 'tick', now: 119_000, arrivedAt: 59_000 }], later.state);
    expect(given.actions[0]).to.include({ type: 'close', code: 4408 });
  });

  const lies: readonly [behaviour: string, message: ChannelMessage][] = [
    ['a hello', helloOf()],
    ['an ack', ackOf(refTo(1, 'a'), 'received')],
    ['a pong that it did not ask for', { type: 'pong', id: 7 }],
    ['another lineage', { ...configOf(1, 'a'), lineage: 'controller:other' }],
  ];
  for (const [behaviour, message] of lies) {
    it(`hangs up on a controller that sends ${behaviour}`, () => {
      const { state, actions } = run([received(message)], open);
      expect(actions).to.have.length(1);
      expect(actions[0]).to.include({ type: 'close', code: 4400 });
      expect(run([received(configOf(2, 'b'))], state).actions).to.deep.equal([]);
    });
  }

  it('waits longer from attempt to attempt, and starts anew after a stable connection', () => {
    const fail: AgentSideEvent = { type: 'closed', now: 10, random: 0.5 };
    const delays: (AgentSideAction | undefined)[] = [];
    let { state } = run([{ type: 'start' }]);
    for (let round = 0; round < 3; round += 1) {
      const failed = run([fail], state);
      delays.push(failed.actions[0]);
      ({ state } = run([{ type: 'due' }], failed.state));
    }
    expect(delays).to.deep.equal(
      [250, 500, 1000].map((delayMs) => ({ type: 'reconnect-after', delayMs })),
    );
    const brief = run([opened, { ...fail, now: 29_999 }], state);
    expect(brief.actions).to.deep.equal([{ type: 'reconnect-after', delayMs: 2000 }]);
    const long = run([opened, { ...fail, now: 30_000 }], state);
    expect(long.actions).to.deep.equal([{ type: 'reconnect-after', delayMs: 250 }]);
  });

  it('obeys a Retry-After', () => {
    const { actions } = run([
      { type: 'start' },
      { type: 'closed', now: 10, random: 0.5, retryAfterMs: 7000 },
    ]);
    expect(actions).to.deep.equal([{ type: 'reconnect-after', delayMs: 7250 }]);
  });

  describe('with several addresses', () => {
    const three = { ...settings, addresses: 3 };
    const fail: AgentSideEvent = { type: 'closed', now: 10, random: 0.5 };
    const step = (state: AgentSide, event: AgentSideEvent): Run =>
      stepAgentSide(state, event, three);
    /** The address that is dialled, and the pause before it. */
    const next = (
      from: AgentSide,
      event: AgentSideEvent,
    ): { readonly state: AgentSide; readonly dialled: readonly [number, number] } => {
      const waiting = step(from, event);
      const [pause] = waiting.actions;
      const { state, actions } = step(waiting.state, { type: 'due' });
      const [dial] = actions;
      if (pause?.type !== 'reconnect-after' || dial?.type !== 'dial') throw new Error('no dial');
      return { state, dialled: [dial.address, pause.delayMs] };
    };

    it('begins with one of them by chance', () => {
      const first = [0, 0.34, 0.999].map(
        (random) => step(stoppedAgentSide, { type: 'start', random }).actions,
      );
      expect(first).to.deep.equal([0, 1, 2].map((address) => [{ type: 'dial', address }]));
    });

    it('tries them in turn, with the pauses of a single one', () => {
      let { state } = step(stoppedAgentSide, { type: 'start', random: 0.34 });
      const dialled = [1, 2, 3, 4].map(() => {
        const tried = next(state, fail);
        ({ state } = tried);
        return tried.dialled;
      });
      expect(dialled).to.deep.equal([
        [2, 250],
        [0, 500],
        [1, 1000],
        [2, 2000],
      ]);
    });

    it('tries the next one soon after a connection that was open for a while', () => {
      let { state } = step(stoppedAgentSide, { type: 'start', random: 0.999 });
      for (let round = 0; round < 9; round += 1) ({ state } = next(state, fail));
      const connection = step(state, opened).state;
      expect(next(connection, { ...fail, now: 30_000 }).dialled).to.deep.equal([0, 250]);
      // A controller that ends every connection at once must not cause attempts without pause.
      expect(next(connection, { ...fail, now: 29_999 }).dialled).to.deep.equal([0, 15_000]);
    });

    it('obeys a Retry-After only as long as the longest pause', () => {
      const { state } = step(stoppedAgentSide, { type: 'start', random: 0 });
      const pauses = [7000, 3_600_000].map(
        (retryAfterMs) => next(state, { ...fail, retryAfterMs }).dialled,
      );
      expect(pauses).to.deep.equal([
        [1, 7250],
        [1, 30_250],
      ]);
    });
  });

  it('does not dial again once it is stopped', () => {
    const { state, actions } = run([{ type: 'stop' }], open);
    expect(actions).to.deep.equal([{ type: 'close', code: 1001, reason: 'the agent stops' }]);
    expect(
      run([{ type: 'closed', now: 1, random: 0 }, { type: 'due' }], state).actions,
    ).to.have.length(0);
  });
});
