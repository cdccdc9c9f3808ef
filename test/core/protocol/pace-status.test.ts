import { expect } from 'chai';
import { firstSent, sendInMs, statusSent } from '../../../core/protocol/pace-status.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { statusOf } from './sample.ts';

function withWorst(worst: string, established = 0): AgentStatus {
  const sessions = { expected: 4, established, unexpected: 0, unknown: 0, worst };
  return { ...statusOf('in-force'), sessions };
}

describe('the pace of an agent’s status', () => {
  const first = firstSent(withWorst('a'), 0);

  it('sends what is not about sessions or adapters at once, however often', () => {
    let sent = first;
    for (const state of ['applying', 'in-force', 'applying', 'drifted'] as const) {
      const next = { ...withWorst('a'), state };
      expect(sendInMs(sent, next, 10, 0.5)).to.equal(0);
      sent = statusSent(sent, next, 10);
    }
  });

  it('sends the first change of sessions at once, and nothing that has not changed', () => {
    expect(sendInMs(first, withWorst('b'), 5, 0.5)).to.equal(0);
    expect(sendInMs(first, withWorst('a'), 5, 0.5)).to.equal(undefined);
    const fleet = { message: '1 of 2 nodes ready', nodes: 2, ready: 1 };
    expect(sendInMs(first, { ...withWorst('a'), fleet }, 5, 0.5)).to.equal(undefined);
  });

  it('waits longer each time before the next ones, and begins anew after a quiet time', () => {
    let sent = first;
    let nowMs = 0;
    const waits: (number | undefined)[] = [];
    for (const worst of ['b', 'c', 'd', 'e', 'f', 'g']) {
      const waitMs = sendInMs(sent, withWorst(worst), nowMs, 0);
      waits.push(waitMs);
      nowMs += waitMs ?? 0;
      sent = statusSent(sent, withWorst(worst), nowMs);
    }
    expect(waits).to.deep.equal([0, 15_000, 30_000, 60_000, 120_000, 120_000]);
    nowMs += 240_000;
    expect(sendInMs(sent, withWorst('h'), nowMs, 0)).to.equal(0);
    sent = statusSent(sent, withWorst('h'), nowMs);
    expect(sendInMs(sent, withWorst('i'), nowMs, 0)).to.equal(15_000);
  });

  it('gives below 50 messages a second for 5,000 nodes whose broken BIRD has another reason every 10 s', () => {
    const hourMs = 3_600_000;
    let sent = first;
    let messages = 0;
    let dueMs = Infinity;
    for (let nowMs = 0; nowMs < hourMs; nowMs += 10_000) {
      const next = withWorst(`applied, but not in BIRD for ${String(nowMs)} s`);
      if (dueMs === Infinity) dueMs = nowMs + (sendInMs(sent, next, nowMs, 0) ?? Infinity);
      if (dueMs > nowMs) continue;
      sent = statusSent(sent, next, nowMs);
      messages += 1;
      dueMs = Infinity;
    }
    expect(messages).to.be.within(10, 36);
    expect((messages * 5000) / 3600).to.be.below(50);
  });
});
