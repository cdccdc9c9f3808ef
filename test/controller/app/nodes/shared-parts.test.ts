import { expect } from 'chai';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { keptStatus } from '../../../../controller/app/nodes/kept-answers.ts';
import { createSharedParts } from '../../../../controller/app/nodes/shared-parts.ts';

const datastore = { driver: 'etcd', reachesCluster: true, message: 'it answers' } as const;

const base: AgentStatus = {
  formatVersion: 1,
  agentVersion: '1.0.0',
  node: 'node-0',
  startedAt: '2026-01-01T00:00:00.000Z',
  state: 'waiting',
  message: 'waiting for a configuration',
  revisions: { rejected: [] },
  datastore,
  issues: [],
};

describe('what many nodes say alike', () => {
  it('is kept once', () => {
    const parts = createSharedParts();
    const first = parts.datastore({ ...datastore });
    expect(parts.datastore({ ...datastore })).to.equal(first);
    const other = parts.datastore({ ...datastore, message: 'it does not answer' });
    expect(other).to.deep.equal({ ...datastore, message: 'it does not answer' });
    expect(first).to.deep.equal(datastore);
  });

  it('stays what each node said while agents say something else each time', () => {
    const parts = createSharedParts();
    for (let time = 0; time < 10_000; time += 1) {
      const rejected = {
        accepted: { lineage: 'controller:a', number: time, digest: 'd' },
        rejected: [],
      };
      expect(parts.revisions(rejected)).to.deep.equal(rejected);
    }
  });

  it('takes the same little room however many revisions there were', () => {
    const parts = createSharedParts();
    for (let number = 1; number <= 4000; number += 1) {
      const accepted = { lineage: 'controller:a', number, digest: `sha256:${String(number)}` };
      for (const state of ['applying', 'in-force'] as const) {
        const message = `revision ${String(number)} of lineage "controller:a" is ${state}`;
        const revisions = { accepted, rejected: [] };
        const status = { ...base, state, message, revisions };
        expect(keptStatus(status, parts)).to.deep.equal(status);
      }
    }
    expect(parts.count()).to.be.at.most(600);
  });

  it('leaves the facts of a node as they are, with labels of any name', () => {
    const parts = createSharedParts();
    const labels = Object.fromEntries([
      ['__proto__', 'a'],
      ['rack', '1'],
    ]);
    const facts = { name: 'node-0', units: ['calico/0'], addresses: [], labels, leader: true };
    const kept = parts.facts(facts);
    expect(kept).to.deep.equal(facts);
    expect(Object.keys(kept.labels)).to.deep.equal(['__proto__', 'rack']);
  });
});
