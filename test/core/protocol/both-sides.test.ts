/**
 * Both sides together, over an arbitrary network and with an arbitrary agent: laws that always
 * hold.
 */
import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  stepAgentSide,
  stoppedAgentSide,
  type AgentSide,
  type AgentSideEvent,
} from '../../../core/protocol/agent-side.ts';
import {
  awaitHello,
  stepControllerSide,
  type ControllerSide,
  type ControllerSideEvent,
} from '../../../core/protocol/controller-side.ts';
import {
  parseMessage,
  sameRef,
  withoutText,
  type ChannelMessage,
  type ConfigMessage,
} from '../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../schemas/generated/revision.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { isChannelMessage } from '../../../schemas/generated/channel-message.validator.js';
import { ackOf, configOf, helloOf, nackOf, refTo, statusOf } from './sample.ts';

const liveness = { pingAfterMs: 20, silenceMs: 1_000_000 };
const agentSettings = { cluster: 'default', backoff: { baseMs: 1, capMs: 2 }, liveness };
const controllerSettings = {
  cluster: 'default',
  liveness,
  helloMs: 1e9,
  slowMs: 1e9,
  drainMs: 1e9,
};

/** One agent and its controller. Sent messages wait in two queues until the test delivers them. */
class World {
  private now = 0;
  private agent: AgentSide = stoppedAgentSide;
  private controller: ControllerSide | undefined;
  private target: ConfigMessage | undefined;
  private toAgent: ChannelMessage[] = [];
  private toController: ChannelMessage[] = [];
  /** Offers that the agent has not judged. */
  private offers: ConfigMessage[] = [];
  private accepted: RevisionRef | undefined;
  private number = 0;
  /** The texts of this connection. */
  private readonly texts = new Set<string>();
  readonly closes: string[] = [];
  readonly repeatedTexts: string[] = [];
  /** The answers per connection and configuration, as letters. */
  readonly answers = new Map<string, string>();
  private connections = 0;
  settled = new Map<number, string>();

  start(): void {
    this.tellAgent({ type: 'start' });
  }

  push(name: string): void {
    this.number += 1;
    this.target = configOf(this.number, name);
    this.tellController({ type: 'target', config: this.target });
  }

  deliverToAgent(): boolean {
    const message = this.toAgent.shift();
    if (message !== undefined) this.tellAgent({ type: 'received', now: this.now, message });
    return message !== undefined;
  }

  deliverToController(): boolean {
    const message = this.toController.shift();
    if (message !== undefined) this.tellController({ type: 'received', now: this.now, message });
    return message !== undefined;
  }

  judge(accept: boolean): boolean {
    const config = this.offers.shift();
    if (config === undefined) return false;
    const unknown = config.text === undefined && this.accepted?.digest !== config.digest;
    if (!accept || unknown) {
      const code = unknown ? 'digest-unknown' : 'invalid-config';
      const failure = { code, message: code, issues: [] };
      this.tellAgent({ type: 'refused', ref: config, failure });
    } else {
      this.accepted = refTo(config.number, '');
      this.accepted = { ...this.accepted, digest: config.digest };
      this.tellAgent({ type: 'accepted', ref: config, stage: 'received' });
    }
    return true;
  }

  advance(stage: 'applied' | 'confirmed'): void {
    if (this.accepted !== undefined) this.tellAgent({ type: 'stage', ref: this.accepted, stage });
  }

  fail(retrying: boolean): void {
    if (this.accepted === undefined) return;
    const failure = { code: 'apply-failed', message: 'no', issues: [] };
    this.tellAgent({
      type: 'failed',
      ref: this.accepted,
      failure: retrying ? { ...failure, retrying: true } : failure,
    });
  }

  congest(congested: boolean): void {
    this.tellController(
      congested ? { type: 'congested', now: this.now } : { type: 'drained', now: this.now },
    );
  }

  tick(): void {
    this.now += 15;
    this.tellAgent({ type: 'tick', now: this.now });
    this.tellController({ type: 'tick', now: this.now, unsent: 0 });
  }

  /** The connection breaks, and messages on the way are lost. The agent and its offers live on. */
  reconnect(): void {
    this.tellAgent({ type: 'closed', now: this.now, random: 0.5 });
    this.tellAgent({ type: 'due' });
  }

  /** Delivers everything until nothing is left to do. */
  settle(): void {
    this.congest(false);
    for (let busy = true; busy;) {
      busy = [this.deliverToAgent(), this.deliverToController(), this.judge(true)].includes(true);
      if (!busy) this.advance('confirmed');
      busy ||= this.toController.length > 0;
    }
  }

  outcomeOfTarget(): string | undefined {
    return this.target === undefined ? 'no target' : this.settled.get(this.target.number);
  }

  private connect(): void {
    this.connections += 1;
    this.texts.clear();
    this.toAgent = [];
    this.toController = [];
    this.controller = awaitHello(this.now);
    if (this.target !== undefined) this.tellController({ type: 'target', config: this.target });
    const revisions = this.accepted === undefined ? {} : { accepted: this.accepted };
    const hello = helloOf(revisions);
    this.tellAgent({ type: 'opened', now: this.now, hello, status: statusOf() });
  }

  private tellAgent(event: AgentSideEvent): void {
    const { state, actions } = stepAgentSide(this.agent, event, agentSettings);
    this.agent = state;
    for (const action of actions) {
      if (action.type === 'dial') this.connect();
      if (action.type === 'send') this.fromAgent(action.message);
      if (action.type === 'offer') this.offers.push(action.config);
      if (action.type === 'close') this.closes.push(action.reason);
    }
  }

  private fromAgent(message: ChannelMessage): void {
    expect(
      parseMessage(JSON.stringify(message), {
        bounds: jsonBounds.agentMessage,
        isMessage: isChannelMessage,
      }).ok,
    ).to.equal(true);
    this.toController.push(message);
    if (message.type !== 'ack' && message.type !== 'nack') return;
    const key = `${String(this.connections)} ${String(message.number)} ${message.digest}`;
    const isUnknown = message.type === 'nack' && message.code === 'digest-unknown';
    if (isUnknown) this.texts.delete(message.digest);
    const letter =
      message.type === 'ack' ? message.stage.slice(0, 1) : message.retrying ? 't' : 'n';
    if (!isUnknown) this.answers.set(key, (this.answers.get(key) ?? '') + letter);
  }

  private tellController(event: ControllerSideEvent): void {
    if (this.controller === undefined) return;
    const { state, actions } = stepControllerSide(this.controller, event, controllerSettings);
    this.controller = state;
    for (const action of actions) {
      if (action.type === 'send') this.toAgent.push(action.message);
      if (action.type === 'close' || action.type === 'terminate') this.closes.push(action.reason);
      if (action.type === 'send-config') this.sendConfig(action.config, action.withText);
      if (action.type === 'progress') {
        const { outcome } = action;
        const word = outcome.kind === 'stage' ? outcome.stage : outcome.kind;
        this.settled.set(action.ref.number, word);
      }
    }
  }

  private sendConfig(config: ConfigMessage, withText: boolean): void {
    this.toAgent.push(withText ? config : withoutText(config));
    if (!withText) return;
    if (this.texts.has(config.digest)) this.repeatedTexts.push(config.digest);
    this.texts.add(config.digest);
  }
}

const moves: fc.Arbitrary<(world: World) => void> = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map((name) => (world: World) => world.push(name)),
  fc.constant((world: World) => void world.deliverToAgent()),
  fc.constant((world: World) => void world.deliverToController()),
  fc.boolean().map((accept) => (world: World) => void world.judge(accept)),
  fc
    .constantFrom('applied' as const, 'confirmed' as const)
    .map((stage) => (world: World) => world.advance(stage)),
  fc.boolean().map((retrying) => (world: World) => world.fail(retrying)),
  fc.boolean().map((congested) => (world: World) => world.congest(congested)),
  fc.constant((world: World) => world.tick()),
  { weight: 1, arbitrary: fc.constant((world: World) => world.reconnect()) },
);

describe('both sides of the channel together', () => {
  it('understand each other, end every configuration once and repeat no text', () => {
    fc.assert(
      fc.property(fc.array(moves, { maxLength: 120 }), (steps) => {
        const world = new World();
        world.start();
        for (const step of steps) step(world);
        world.settle();
        expect(world.closes).to.deep.equal([]);
        expect(world.repeatedTexts).to.deep.equal([]);
        for (const letters of world.answers.values()) {
          expect(letters).to.match(/^(t*|t*rt*|t*rt*at*|t*rt*at*c|t*(rt*)?(at*)?n)$/);
        }
        expect(world.outcomeOfTarget()).to.be.oneOf(['no target', 'confirmed', 'nack']);
      }),
      { numRuns: 1000 },
    );
  });

  const anyMessage: fc.Arbitrary<ChannelMessage> = fc.oneof(
    fc.constant(helloOf()),
    fc.constant(helloOf({ accepted: refTo(2, 'b') })),
    fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('a', 'b'))
      .map(([n, name]) => configOf(n, name)),
    fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('received', 'applied', 'confirmed'))
      .map(([n, stage]) => ackOf(refTo(n, 'a'), stage)),
    fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('x', 'digest-unknown'))
      .map(([n, code]) => nackOf(refTo(n, 'a'), code)),
    fc.nat(3).map((id) => ({ type: 'ping' as const, id })),
    fc.nat(3).map((id) => ({ type: 'pong' as const, id })),
    fc.constant({ type: 'status' as const, changed: { state: 7 } }),
  );

  it('survive a controller that sends anything in any order, and hang up once', () => {
    fc.assert(
      fc.property(fc.array(anyMessage), (messages) => {
        let state = stepAgentSide(stoppedAgentSide, { type: 'start' }, agentSettings).state;
        const opened = { type: 'opened', now: 0, hello: helloOf(), status: statusOf() } as const;
        state = stepAgentSide(state, opened, agentSettings).state;
        let closes = 0;
        for (const message of messages) {
          const step = stepAgentSide(state, { type: 'received', now: 1, message }, agentSettings);
          ({ state } = step);
          closes += step.actions.filter(({ type }) => type === 'close').length;
        }
        expect(closes).to.be.at.most(1);
      }),
    );
  });

  it('survive an agent that sends anything in any order, and hang up once', () => {
    fc.assert(
      fc.property(fc.array(anyMessage), fc.nat(3), (messages, pushes) => {
        let state = awaitHello(0);
        let closes = 0;
        const events: ControllerSideEvent[] = messages.map((message) => ({
          type: 'received',
          now: 1,
          message,
        }));
        for (let n = 1; n <= pushes; n += 1) {
          events.splice(n, 0, { type: 'target', config: configOf(n, 'a') });
        }
        for (const event of events) {
          const step = stepControllerSide(state, event, controllerSettings);
          ({ state } = step);
          closes += step.actions.filter(({ type }) => type === 'close').length;
        }
        expect(closes).to.be.at.most(1);
      }),
    );
  });

  it('mean the same revision only when lineage, number and digest are the same', () => {
    expect(sameRef(refTo(1, 'a'), refTo(1, 'a'))).to.equal(true);
    expect(sameRef(refTo(1, 'a'), refTo(2, 'a'))).to.equal(false);
    expect(sameRef(refTo(1, 'a'), refTo(1, 'b'))).to.equal(false);
    expect(sameRef(refTo(1, 'a'), { ...refTo(1, 'a'), lineage: 'local:x' })).to.equal(false);
  });
});
