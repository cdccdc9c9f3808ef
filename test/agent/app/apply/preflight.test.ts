import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { Issue } from '../../../../core/issue.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';

const as65001 = 'global-as-number: 65001\nnode-to-node-mesh: true\n';

describe('a change that the datastore would refuse', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let clock: ManualClock;
  let agent: RunningAgent;

  const issue = (code: string): Issue => {
    const message = 'the server lacks the field asNumber of BGPConfiguration';
    return { severity: 'error', code, pointer: '', message };
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-preflight-'));
    datastore = createMemoryDatastore();
    clock = createManualClock();
    agent = agentOn({ folder, datastore, clock });
    await agent.start();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('appears in the plan beforehand', async () => {
    datastore.meddle.preflight = () => [issue('server-lacks-field')];
    const outcome = await agent.offers.plan(as65001);
    if (!outcome.ok) throw new Error('there is no plan');
    expect(outcome.plan.issues.map(({ code }) => code)).to.include('server-lacks-field');
  });

  it('rejects the revision when only another configuration helps, and writes nothing', async () => {
    datastore.meddle.preflight = () => [issue('server-lacks-field')];
    const outcome = await agent.offers.offer(localOffer(as65001));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    const settled = await agent.offers.waitForRevision(
      outcome.revision,
      new AbortController().signal,
    );
    expect(settled).to.have.property('message').that.includes('lacks the field');
    expect(datastore.log).to.deep.equal([]);
    expect(agent.readings.status().revisions.rejected).to.have.length(1);
  });

  it('is tried again when a person can mend it in the cluster', async () => {
    datastore.meddle.preflight = () => [issue('field-conflict')];
    await agent.offers.offer(localOffer(as65001));
    await statusWhen(agent, ({ state }) => state === 'failed');
    expect(datastore.log).to.deep.equal([]);
    datastore.meddle.preflight = () => [];
    await clock.passNext();
    await statusWhen(agent, inForce(1));
  });
});
