/** The texts of push, its progress, and status for a person. */
import { expect } from 'chai';
import { isQuiet, progressLine } from '../../../controller/cli/push-progress.ts';
import { exitStatusOf, pushText } from '../../../controller/cli/push-texts.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { ControllerStatus } from '../../../schemas/generated/controller-api/controller-status.ts';
import type { PushAnswer } from '../../../schemas/generated/controller-api/push-answer.ts';

function ref(number: number): RevisionRef {
  return { lineage: 'controller:default', number, digest: `sha256:${'1'.repeat(64)}` };
}

function answerOf(
  nodes: NonNullable<PushAnswer['nodes']>,
  changes: Partial<PushAnswer> = {},
): PushAnswer {
  return { result: 'accepted', revision: ref(2), issues: [], ended: 'all', nodes, ...changes };
}

const lost = { code: 'rolled-back', message: 'rolled back: the session to 10.0.0.1 was lost' };

describe('the end of a push', () => {
  it('names the nodes that rolled back, the reason, their number, and the revision in force', () => {
    const answer = answerOf(
      [
        { name: 'node-0', state: 'confirmed' },
        { name: 'node-1', state: 'rolled-back', ...lost, backTo: ref(1) },
        { name: 'node-2', state: 'rolled-back', ...lost, backTo: ref(1) },
      ],
      {
        inForce: [
          { revision: ref(1), nodes: 2 },
          { revision: ref(2), nodes: 1 },
        ],
      },
    );
    expect(pushText(answer).split('\n')).to.deep.equal([
      'revision controller:default#2 is pushed',
      'node-1, node-2: rolled back: the session to 10.0.0.1 was lost; revision controller:default#1 is in force again',
      '1 of 3 connected nodes confirmed it',
      '2 nodes rolled back: mend what was in the way, and push again; the same content needs --retry',
      'in force now: revision controller:default#1 on 2 nodes, revision controller:default#2 on 1 node',
    ]);
    expect(exitStatusOf(answer)).to.equal(1);
  });

  it('needs few lines for thousands of nodes', () => {
    const nodes = Array.from({ length: 5000 }, (_, index) => ({
      name: `node-${String(index)}`,
      state: 'rolled-back' as const,
      ...lost,
    }));
    const lines = pushText(answerOf(nodes)).split('\n');
    expect(lines).to.have.length(4);
    expect(lines[1]).to.match(/^node-0, .*, node-9 and 4990 more: rolled back: the session/);
  });

  it('says that a node still rolls back when the time has passed', () => {
    const node = {
      name: 'node-0',
      state: 'rolling-back' as const,
      code: 'apply-failed',
      message: 'no gate',
    };
    const answer = answerOf([node], { ended: 'time-over' });
    expect(pushText(answer)).to.contain('node-0: rolling back: no gate\n');
    expect(exitStatusOf(answer)).to.equal(1);
  });

  for (const state of ['failed', 'replaced', 'rolled-back', 'rolling-back'] as const) {
    it(`is no success with a node that is ${state}`, () => {
      expect(exitStatusOf(answerOf([{ name: 'node-0', state }]))).to.equal(1);
    });
  }

  it('is a success when every connected node has confirmed', () => {
    const nodes = [
      { name: 'node-0', state: 'confirmed' as const },
      { name: 'node-1', state: 'away' as const },
    ];
    expect(exitStatusOf(answerOf(nodes))).to.equal(0);
    expect(pushText(answerOf(nodes))).to.not.contain('in force now');
  });
});

describe('the progress of a push', () => {
  const status = (changes: Partial<ControllerStatus>): ControllerStatus => ({
    controllerVersion: '1',
    cluster: 'default',
    startedAt: '2026-01-01T00:00:00Z',
    listen: '127.0.0.1:1',
    tls: false,
    known: 6,
    connected: 6,
    push: {},
    ...changes,
  });

  it('says how many nodes wait at which gate', () => {
    const condition = 'all live nodes guard';
    const waiting = [{ condition, why: 'node-3 does not', nodes: 5, first: ['node-0'] }];
    expect(progressLine(status({ push: { confirmed: 1 }, waiting }))).to.equal(
      '1 of 6 connected nodes confirmed; 5 of 6 wait at: all live nodes guard',
    );
  });

  it('names the nodes that wait for confirmation, that failed, and that roll back', () => {
    const push = { confirmed: 1, failed: 1, 'rolling-back': 1, 'rolled-back': 2 };
    const confirming = { nodes: 2, byPerson: 0, unhealthy: 1, why: 'a session is down' };
    expect(progressLine(status({ push, confirming }))).to.equal(
      '1 of 6 connected nodes confirmed, 1 failed, 1 rolling back, 2 rolled back; ' +
        '2 have it in force and wait to be confirmed, 1 not healthy (a session is down)',
    );
  });

  it('shows no progress while all connected nodes have what the status is about', () => {
    // Two that are away confirmed the revision before.
    expect(isQuiet(status({ push: { confirmed: 8 } }))).to.equal(true);
    expect(isQuiet(status({ push: { confirmed: 5 } }))).to.equal(false);
    expect(isQuiet(status({ push: { confirmed: 8, failed: 1 } }))).to.equal(false);
    expect(isQuiet(status({ push: { confirmed: 8, applied: 1 } }))).to.equal(false);
  });
});
