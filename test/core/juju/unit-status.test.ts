import { expect } from 'chai';
import { hookAnswerText } from '../../../core/juju/hook-answer.ts';
import {
  refusedStatus,
  rejectedStatus,
  statusByController,
  statusOfAgent,
  unitStatus,
} from '../../../core/juju/unit-status.ts';
import type { Issue } from '../../../core/issue.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

const revision = { lineage: 'juju:calico-agent', number: 12, digest: `sha256:${'0'.repeat(64)}` };
const base: AgentStatus = {
  formatVersion: 1,
  agentVersion: '0.1.0',
  node: 'node-0',
  startedAt: '2026-11-21T03:00:00.000Z',
  state: 'in-force',
  message: 'a message',
  revisions: { inForce: revision, rejected: [] },
  resolved: {
    asNumber: 64512,
    peers: [1, 2, 3, 4].map((one) => ({ address: `10.0.0.${one}`, asNumber: 64512 })),
  },
  datastore: { driver: 'etcd', reachesCluster: true, message: '' },
  issues: [],
};

const alone: Issue = {
  severity: 'warning',
  code: 'node-without-peers',
  pointer: '/node-to-node-mesh',
  message: 'the mesh is off and this node has no peer',
};

describe("Juju's status of the agent", () => {
  const why = 'x'.repeat(1024);
  const hold = { scope: 'cluster', by: 'alice@node-1', why, since: '' } as const;
  const cutOff: readonly [string, Partial<AgentStatus>][] = [
    ['on hold', { state: 'held', hold }],
    ['in force, and on hold', { hold }],
    ['waiting, and on hold', { state: 'waiting', message: why, hold }],
  ];
  for (const [what, changes] of cutOff) {
    it(`says how to go on after a reason of any length: ${what}`, () => {
      const { message } = statusOfAgent({ ...base, ...changes });
      expect(message).to.have.lengthOf.at.most(400);
      expect(message).to.match(/… \(action release-hold, cluster=true\)$/);
    });
  }

  const rows: readonly [string, Partial<AgentStatus>, string][] = [
    ['in force', {}, 'active revision 12, AS 64512, 4 peers'],
    [
      'in force, with an adapter that fails',
      {
        degraded: [
          {
            adapter: 'bird',
            attempts: 4,
            since: '2026-11-21T03:00:00.000Z',
            reason: 'no answer within 2 s',
            nextAttemptAt: '2026-11-21T03:12:10.000Z',
          },
        ],
      },
      'active revision 12, AS 64512, 4 peers; BIRD fails, next attempt at 03:12: no answer within 2 s',
    ],
    [
      'failed, by the adapter that the message names',
      {
        state: 'failed',
        message: 'cannot apply: etcd is away; trying again in 4 s',
        degraded: [{ adapter: 'datastore', attempts: 4, since: '', reason: 'etcd is away' }],
      },
      'waiting cannot apply: etcd is away; trying again in 4 s',
    ],
    [
      'in force, with all sessions',
      { sessions: { expected: 4, established: 4, unexpected: 0, unknown: 0 } },
      'active revision 12, AS 64512, 4 of 4 sessions',
    ],
    [
      'in force, with a session that is down',
      {
        sessions: {
          expected: 4,
          established: 3,
          unexpected: 0,
          unknown: 0,
          worst: '10.0.0.2: this node has no route to it',
        },
      },
      'active revision 12, AS 64512, 3 of 4 sessions (10.0.0.2: this node has no route to it)',
    ],
    [
      'in force, as files',
      {
        datastore: { driver: 'files', reachesCluster: false, message: '' },
        resolved: { peers: [] },
      },
      'active revision 12, 0 peers, written as files, not applied to a cluster',
    ],
    [
      'in force, without any session',
      { resolved: { asNumber: 64512, peers: [] }, issues: [alone] },
      'blocked revision 12, AS 64512, 0 peers: the mesh is off; give this node a peer (global-bgp-peers), or set node-to-node-mesh=true',
    ],
    [
      'drifted, without any session',
      { state: 'drifted', resolved: { peers: [] }, issues: [alone] },
      'blocked revision 12, 0 peers: the mesh is off; give this node a peer (global-bgp-peers), or set node-to-node-mesh=true',
    ],
    [
      'applying',
      { state: 'applying', progress: { step: 2, steps: 4, title: 'Make the peers' } },
      'maintenance applying step 2 of 4: Make the peers',
    ],
    ['about to apply', { state: 'applying' }, 'maintenance applying'],
    ['recovering', { state: 'recovering' }, 'maintenance a message'],
    ['without a configuration', { state: 'waiting' }, 'waiting a message'],
    ['waiting at a gate', { state: 'awaiting-gate' }, 'maintenance a message'],
    ['another agent writes', { state: 'awaiting-writer' }, 'waiting a message'],
    ['the datastore is away', { state: 'failed' }, 'waiting a message'],
    ['what waiting does not mend', { state: 'failed', needsPerson: true }, 'blocked a message'],
    [
      'on hold',
      {
        state: 'held',
        hold: { scope: 'cluster', by: 'alice@node-1', why: 'a night by hand', since: '' },
      },
      'blocked writing is on hold in the whole cluster: alice@node-1: a night by hand (action release-hold, cluster=true)',
    ],
    [
      'in force, and on hold',
      { hold: { scope: 'agent', by: 'alice@node-1', why: 'a night by hand', since: '' } },
      'active revision 12, AS 64512, 4 peers; writing is on hold: alice@node-1: a night by hand (action release-hold)',
    ],
    [
      'drifted',
      { state: 'drifted', drift: { objects: 2, since: '' } },
      'active revision 12, AS 64512, 4 peers; somebody else changed 2 objects (action drift)',
    ],
  ];
  for (const [what, status, expected] of rows) {
    it(what, () => {
      const { word, message } = statusOfAgent({ ...base, ...status });
      expect(`${word} ${message}`).to.equal(expected);
    });
  }

  const url = 'wss://10.0.0.9:8443';
  const controlled: readonly [string, Partial<AgentStatus>, string][] = [
    ['is at work', { controller: { url, connected: true, message: '' } }, 'active revision 12'],
    [
      'is away',
      { controller: { url, connected: false, message: 'no route' } },
      'waiting for the controller: no route',
    ],
    ['is not dialled yet', {}, 'waiting for the controller: not connected yet'],
    [
      'sent what was refused',
      { controller: { url, connected: true, refused: 'it has an error', message: '' } },
      "blocked the agent refuses the controller's configuration: it has an error",
    ],
  ];
  for (const [what, status, expected] of controlled) {
    it(`shows that the controller ${what}`, () => {
      const { word, message } = statusByController({ ...base, ...status });
      expect(`${word} ${message}`.slice(0, expected.length)).to.equal(expected);
    });
  }

  const issue = (more: Partial<Issue>): Issue => ({
    severity: 'error',
    code: 'x',
    pointer: '/global-as-number',
    message: 'it is 0',
    ...more,
  });
  it('blocks with the first error of a refused configuration, its place, and where the others are', () => {
    expect(refusedStatus([issue({})], '')).to.deep.equal({
      word: 'blocked',
      message: 'global-as-number: it is 0 (action check)',
    });
    const inside = { option: 'subnet-bgp-peers', line: 3, column: 5 };
    const issues = [issue({ severity: 'warning' }), issue({ inside }), issue({}), issue({})];
    expect(refusedStatus(issues, '').message).to.equal(
      'subnet-bgp-peers, line 3: it is 0 (and 2 more errors: action check)',
    );
  });
  it('keeps to one short line, and does not cut off where the others are', () => {
    const long = refusedStatus([issue({ message: 'x\n'.repeat(1000) }), issue({})], '').message;
    expect(long)
      .to.have.length.of.at.most(400)
      .and.match(/…\u0020\(and 1 more error: action check\)$/);
    expect(unitStatus('active', `a\n\tb${'c'.repeat(1000)}`).message)
      .to.have.length(400)
      .and.match(/^a b/);
  });
  it('says of a rejected configuration when, why and what to do', () => {
    const message = rejectedStatus({
      at: '2026-11-21T03:12:45.123Z',
      reason: 'no session',
    }).message;
    expect(message).to.equal('rejected at 03:12: no session; change it, or run the action retry');
  });

  it('is written line by line, whatever it contains', () => {
    const text = hookAnswerText({
      status: unitStatus('blocked', 'say $(reboot)\nrestart yes'),
      applicationStatus: unitStatus('active', 'fine'),
      version: '0.1.0',
      restart: true,
      publish: [{ relation: 'controller:1', key: 'node', value: 'node-0\nrestart yes' }],
      output: 'one\ntwo',
      failure: 'bad',
    });
    expect(text.split('\n')).to.deep.equal([
      'status blocked say $(reboot) restart yes',
      'application-status active fine',
      'version 0.1.0',
      'publish controller:1 node=node-0\\u000arestart yes',
      'output one',
      'output two',
      'failure bad',
      'restart yes',
      '',
    ]);
  });
});
