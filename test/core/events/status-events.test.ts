import { expect } from 'chai';
import { statusEvents } from '../../../core/events/status-events.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

const ref = (number: number) => ({
  lineage: 'local:node-0',
  number,
  digest: `sha256:${String(number).padStart(64, '0')}`,
});
const base: AgentStatus = {
  formatVersion: 1,
  agentVersion: '1',
  node: 'node-0',
  startedAt: '2026-01-01T00:00:00Z',
  state: 'in-force',
  message: 'all is well',
  revisions: { accepted: ref(1), inForce: ref(1), confirmed: ref(1), rejected: [] },
  datastore: { driver: 'memory', reachesCluster: true, message: '' },
  issues: [],
};
const step = (number: number) => ({ step: number, steps: 2, title: `part ${number}` });

/** The kinds and texts of the events from one status to the next. */
function story(...changes: readonly Partial<AgentStatus>[]): readonly string[] {
  const told: string[] = [];
  let before = base;
  for (const change of changes) {
    const after = { ...base, ...change };
    told.push(...statusEvents(before, after).map(({ kind, text }) => `${kind}: ${text}`));
    before = after;
  }
  return told;
}

describe('events of a status', () => {
  it('follow a change from the first step to its confirmation', () => {
    const accepted = { accepted: ref(2), inForce: ref(1), confirmed: ref(1), rejected: [] };
    const waits = { message: 'waits until 10.0.0.1 is free', progress: step(2) };
    const told = story(
      { state: 'applying', revisions: accepted },
      { state: 'applying', revisions: accepted, progress: step(1) },
      { state: 'awaiting-gate', revisions: accepted, ...waits },
      { state: 'awaiting-gate', revisions: accepted, ...waits, message: 'waits, 3 s more' },
      { state: 'applying', revisions: accepted, progress: step(2) },
      { revisions: { ...accepted, inForce: ref(2) } },
      { revisions: { ...accepted, inForce: ref(2), confirmed: ref(2) } },
    );
    expect(told).to.deep.equal([
      'accepted: revision local:node-0#2 is accepted',
      'step-begun: step 1 of 2 begins: part 1',
      'step-done: step 1 of 2 is done: part 1',
      'gate-waiting: waits until 10.0.0.1 is free',
      'gate-open: the gate before step 2 of 2 is open: part 2',
      'step-begun: step 2 of 2 begins: part 2',
      'step-done: step 2 of 2 is done: part 2',
      'applied: revision local:node-0#2 is in force',
      'confirmed: revision local:node-0#2 is confirmed',
    ]);
  });

  it('call a revision that was in force rolled back, and one that never was rejected', () => {
    const rejection = { ...ref(2), at: '2026-01-01T00:00:00Z', reason: 'no session came up' };
    const back = { revisions: { ...base.revisions, rejected: [rejection] } };
    expect(story(back)).to.deep.equal([
      'rejected: revision local:node-0#2 is rejected: no session came up',
    ]);
    const inForce = { revisions: { ...base.revisions, accepted: ref(2), inForce: ref(2) } };
    expect(story(inForce, back).slice(2)).to.deep.equal([
      'rolled-back: revision local:node-0#2 is not in force any more: no session came up',
      'applied: revision local:node-0#1 is in force',
    ]);
  });

  it('report a failure once, however often it is tried again, and its end', () => {
    const failed = (seconds: number): Partial<AgentStatus> => ({
      state: 'failed',
      message: `etcd does not answer; trying again in ${seconds} s`,
    });
    expect(story(failed(1), failed(2), { state: 'applying' }, failed(4), {})).to.deep.equal([
      'degraded: etcd does not answer; trying again in 1 s',
      'degraded: etcd does not answer; trying again in 4 s',
      'recovered: the agent works again: all is well',
    ]);
  });

  it('report once that an adapter fails, and that it works again', () => {
    const failing = (adapter: string, attempts: number): Partial<AgentStatus> => ({
      degraded: [{ adapter, attempts, since: '', reason: 'no answer' }],
    });
    expect(story(failing('bird', 3), failing('bird', 4), {})).to.deep.equal([
      'degraded: BIRD fails again and again: no answer',
      'recovered: BIRD works again',
    ]);
    expect(story(failing('datastore', 3), failing('controller', 3), {})).to.deep.equal([]);
  });

  it('report the condition of a gate once, and not each reason why it is not met yet', () => {
    const gates = (condition: string, why: string) => ({
      state: 'awaiting-gate' as const,
      progress: {
        ...step(2),
        gates: [{ condition, why, since: '', until: '2026-01-01T00:02:00Z' }],
      },
    });
    expect(
      story(
        gates('all nodes guard', 'a does not'),
        gates('all nodes guard', 'b does not'),
        gates('x', 'y'),
      ),
    ).to.deep.equal([
      'gate-waiting: step 2 of 2, part 2, waits until all nodes guard (a does not; until 2026-01-01T00:02:00Z)',
      'gate-waiting: step 2 of 2, part 2, waits until x (y; until 2026-01-01T00:02:00Z)',
    ]);
  });

  it('report that a revision waits for confirmation, why it is not confirmed, and its rollback', () => {
    const confirming = { revision: ref(2), mode: 'health', until: '2026-01-01T00:00:30Z' } as const;
    const revisions = { ...base.revisions, accepted: ref(2), inForce: ref(2) };
    expect(
      story(
        { revisions, state: 'confirming', confirming },
        { revisions, state: 'confirming', confirming: { ...confirming, unhealthy: 'a is down' } },
        { revisions, state: 'rolling-back', message: 'a was down for 30 s' },
      ).slice(2),
    ).to.deep.equal([
      'confirming: revision local:node-0#2 is rolled back at 2026-01-01T00:00:30Z unless the node is healthy',
      'unhealthy: revision local:node-0#2: a is down',
      'rolling-back: a was down for 30 s',
    ]);
  });

  it('end the last step before the revision waits for confirmation', () => {
    const confirming = { revision: ref(2), mode: 'health' } as const;
    const accepted = { ...base.revisions, accepted: ref(2) };
    const inForce = { ...accepted, inForce: ref(2) };
    const progress = step(2);
    const kinds = story(
      { revisions: accepted, state: 'applying', progress },
      { revisions: inForce, state: 'applying', progress, confirming },
      { revisions: inForce, state: 'confirming', confirming },
    ).map((text) => text.split(':')[0]);
    expect(kinds).to.deep.equal(['step-begun', 'accepted', 'step-done', 'applied', 'confirming']);
  });

  it('do not report the revision as confirmed anew to which the agent rolls back', () => {
    const rejection = { ...ref(2), at: '2026-01-01T00:00:00Z', reason: 'no session came up' };
    const second = { ...base.revisions, accepted: ref(2), inForce: ref(2), confirmed: ref(2) };
    const back = { ...base.revisions, inForce: ref(2), rejected: [rejection] };
    const kinds = story({ revisions: second }, { revisions: back })
      .slice(3)
      .map((text) => text.split(':')[0]);
    expect(kinds).to.deep.equal(['rolled-back']);
  });

  it('do not call a step done that another revision cut off', () => {
    const other = { ...base.revisions, accepted: ref(3) };
    expect(
      story({ state: 'applying', progress: step(1) }, { state: 'applying', revisions: other }),
    ).to.deep.equal([
      'step-begun: step 1 of 2 begins: part 1',
      'accepted: revision local:node-0#3 is accepted',
    ]);
  });

  it('report nothing about revisions while the state on disk is unknown', () => {
    const unknown = { stateUnknown: true as const, problems: [] };
    const none = { revisions: { rejected: [] }, storage: unknown };
    expect(story(none, {})).to.deep.equal([]);
  });

  const pairs: readonly (readonly [string, Partial<AgentStatus>, readonly string[]])[] = [
    [
      'a hold',
      { hold: { scope: 'cluster', by: 'alice', why: 'ticket 1', since: '' } },
      [
        'hold: alice put writing of all agents on hold: ticket 1',
        'hold-ended: the hold by alice has ended',
      ],
    ],
    [
      'drift',
      { state: 'drifted', message: 'somebody changed 1 object', drift: { objects: 1, since: '' } },
      [
        'drift: somebody changed 1 object',
        'drift-ended: the drift has ended: all fields are as the configuration sets them',
      ],
    ],
    [
      'a full disk',
      { storage: { problems: [{ file: '/state', message: 'the disk is full', hint: '' }] } },
      ['storage-problem: the disk is full', 'storage-mended: "/state" is in order again'],
    ],
    [
      'a controller that is there for a while',
      { controller: { url: 'wss://c', connected: true, message: '' } },
      ['controller-connected: connected with wss://c'],
    ],
  ];
  for (const [what, change, told] of pairs) {
    it(`report when ${what} begins and ends`, () => {
      expect(story(change, {})).to.deep.equal(told);
    });
  }
});
