import { expect } from 'chai';
import sinon from 'sinon';
import { followAgent } from '../../../agent/channel/follow-agent.ts';
import type { AgentConnectionEvent } from '../../../core/protocol/agent-connection.ts';
import type { AgentSignal } from '../../../agent/app/status/signals.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { statusOf } from '../../core/protocol/sample.ts';

describe('following an agent for the controller', () => {
  let clock: sinon.SinonFakeTimers;
  let signal: (event: AgentSignal) => void;
  let status: AgentStatus;
  let told: AgentConnectionEvent[];
  let stop: () => void;
  let received: number;
  const statuses = (): number => told.filter(({ type }) => type === 'status').length;
  const become = (change: Partial<AgentStatus>): void => {
    status = { ...status, ...change };
    signal({ type: 'status', status });
  };
  const failing = (worst: string): void =>
    become({ sessions: { expected: 4, established: 0, unexpected: 0, unknown: 0, worst } });

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    status = statusOf('in-force');
    const subscribe = (listener: (event: AgentSignal) => void): (() => void) => {
      signal = listener;
      return () => (signal = () => undefined);
    };
    told = [];
    received = 0;
    stop = followAgent({
      agent: { readings: { status: () => status, subscribe } },
      facts: () => ({ name: 'node-0', addresses: ['10.0.0.2/24'] }),
      status,
      timing: { statusMs: 100, tickMs: 1_000_000 },
      random: () => 0.5,
      receivedBytes: () => received,
      tell: (event) => told.push(event),
    });
  });
  afterEach(() => {
    stop();
    clock.restore();
  });

  it('sends a new reason of a session every few seconds at most 40 times an hour', () => {
    for (let seconds = 0; seconds < 3600; seconds += 10) {
      failing(`not in BIRD for ${String(seconds)} s`);
      clock.tick(10_000);
    }
    expect(statuses()).to.be.within(15, 40);
  });

  it('sends a new state meanwhile within a tenth of a second', () => {
    for (const worst of ['a', 'b', 'c']) failing(worst);
    clock.tick(100);
    failing('d');
    clock.tick(5000);
    expect(statuses()).to.equal(1);
    become({ state: 'applying' });
    clock.tick(100);
    expect(statuses()).to.equal(2);
    const last = told.findLast(({ type }) => type === 'status');
    expect(last).to.have.nested.property('status.sessions.worst', 'd');
    clock.tick(600_000);
    expect(statuses()).to.equal(2);
  });

  it('says when a part of a message has arrived, and takes no ping of a proxy for one', () => {
    const arrivals: unknown[] = [];
    for (const bytes of [0, 20_000, 20_100, 20_200, 40_000]) {
      received = bytes;
      clock.tick(1_000_000);
      arrivals.push(told.at(-1));
    }
    const at = [0, 2, 2, 2, 5].map((ticks) => ticks * 1_000_000);
    expect(arrivals).to.deep.equal(
      at.map((arrivedAt, tick) => ({ type: 'tick', now: (tick + 1) * 1_000_000, arrivedAt })),
    );
  });

  it('sends nothing more once it is stopped', () => {
    failing('a');
    stop();
    clock.tick(600_000);
    expect(statuses()).to.equal(0);
  });
});
