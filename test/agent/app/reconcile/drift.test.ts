import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { AgentSettings } from '../../../../agent/app/state/settings-now.ts';
import type { BGPConfiguration } from '../../../../core/calico/resource.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { failure } from '../../../support/failure.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import { createMemoryWriterLease } from '../../../support/twins/memory-writer-lease.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';

const as65001 = 'global-as-number: 65001\nnode-to-node-mesh: true\n';

describe('drift', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let clock: ManualClock;
  let agent: RunningAgent;

  const start = async (settings: Partial<AgentSettings> = {}): Promise<void> => {
    agent = agentOn({ folder, datastore, clock, settings });
    await agent.start();
    const outcome = await agent.offers.offer(localOffer(as65001));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    await statusWhen(agent, inForce(1));
  };
  const stored = (): BGPConfiguration => {
    const found = datastore.contents()['BGPConfiguration/default'];
    if (!isConfiguration(found)) throw new Error('there is no BGPConfiguration');
    return found;
  };
  /** As with kubectl edit. */
  const edit = (spec: BGPConfiguration['spec']): void => {
    const paths = Object.keys(spec).map((field) => `spec.${field}`);
    const writer = { manager: 'kubectl-edit', at: '2026-01-01T03:00:00Z', paths };
    datastore.put({ ...stored(), spec: { ...stored().spec, ...spec } }, [writer]);
  };
  const whenWritten = (count: number): Promise<unknown> =>
    statusWhen(
      agent,
      () => datastore.log.length >= count && agent.readings.status().state === 'in-force',
    );

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-drift-'));
    datastore = createMemoryDatastore();
    clock = createManualClock();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('is only reported while another program writes the same fields from its own settings, also after a start', async () => {
    await start();
    await agent.operations.onlyReportDrift(true);
    await agent.stop();
    agent = agentOn({ folder, datastore, clock });
    edit({ asNumber: 64999 });
    const drifted = statusWhen(agent, ({ state }) => state === 'drifted');
    await agent.start();
    await drifted;
    expect(stored().spec.asNumber).to.equal(64999);
    const corrected = statusWhen(agent, inForce(1));
    await agent.operations.onlyReportDrift(false);
    await corrected;
    expect(stored().spec.asNumber).to.equal(65001);
  });

  it('is corrected soon after somebody changed one of our fields', async () => {
    await start();
    edit({ asNumber: 64999 });
    clock.advance(3000);
    await whenWritten(2);
    expect(stored().spec.asNumber).to.equal(65001);
    expect((await agent.operations.drift()).fields).to.deep.equal([]);
  });

  it('does not include fields that are not ours', async () => {
    await start();
    edit({ listenPort: 1790 });
    clock.advance(3000);
    await statusWhen(agent, ({ state }) => state === 'in-force');
    expect(datastore.log).to.have.length(1);
    expect(stored().spec.listenPort).to.equal(1790);
  });

  it('is reported with author and time, and left alone, when the policy says so', async () => {
    await start({ driftPolicy: 'report' });
    edit({ asNumber: 64999 });
    clock.advance(3000);
    const status = await statusWhen(agent, ({ state }) => state === 'drifted');
    expect(status.drift).to.include({ objects: 1 });
    expect(stored().spec.asNumber).to.equal(64999);
    const { revision, fields } = await agent.operations.drift();
    expect(revision?.number).to.equal(1);
    expect(fields).to.deep.equal([
      {
        kind: 'BGPConfiguration',
        name: 'default',
        path: 'spec.asNumber',
        desired: 65001,
        observed: 64999,
        by: 'kubectl-edit',
        at: '2026-01-01T03:00:00Z',
      },
    ]);
    expect(datastore.log).to.have.length(1);
  });

  it('is corrected on request, whatever the policy', async () => {
    await start({ driftPolicy: 'report' });
    edit({ asNumber: 64999 });
    clock.advance(3000);
    await statusWhen(agent, ({ state }) => state === 'drifted');
    expect(await agent.operations.correctDrift()).to.deep.equal({ left: [] });
    expect(stored().spec.asNumber).to.equal(65001);
    expect(agent.readings.status()).not.to.have.property('drift');
  });

  it('is not corrected on hold, and the answer names who set the hold', async () => {
    await start({ driftPolicy: 'report' });
    await agent.operations.hold({ scope: 'agent', by: 'ann', why: 'working by hand' });
    edit({ asNumber: 64999 });
    const refused = await failure(agent.operations.correctDrift());
    expect(refused).to.include({ code: 'held' });
    expect(refused.message).to.contain('ann').and.contain('working by hand');
    expect(stored().spec.asNumber).to.equal(64999);
  });

  it('is only reported once two programs have corrected each other for a while', async () => {
    await start();
    for (let round = 1; round <= 5; round += 1) {
      edit({ asNumber: 64000 + round });
      clock.advance(3000);
      await whenWritten(1 + round);
    }
    edit({ asNumber: 64999 });
    clock.advance(3000);
    await statusWhen(agent, ({ state }) => state === 'drifted');
    expect(stored().spec.asNumber).to.equal(64999);
  });

  it('has no hint that would be refused, when the revision of another lineage was written', async () => {
    const lease = createMemoryWriterLease();
    agent = agentOn({ folder, datastore, clock, lease: lease.connect('node-0') });
    await agent.start();
    await agent.offers.offer(localOffer(as65001));
    await statusWhen(agent, inForce(1));
    for (let round = 1; round <= 5; round += 1) {
      edit({ asNumber: 64000 + round });
      clock.advance(3000);
      await whenWritten(1 + round);
    }
    const other = lease.connect('node-9');
    const claim = await other.claim();
    if (!claim.held) throw new Error('it is not free');
    const digest = `sha256:${'9'.repeat(64)}`;
    await other.record({ lineage: 'local:node-9', number: 1, digest }, claim.fence);
    await other.release();
    const braked = statusWhen(agent, ({ message }) => message.includes('only reported'));
    edit({ asNumber: 64999 });
    clock.advance(3000);
    const { message } = await braked;
    expect(message).to.contain('revision local:node-9#1 was put into the datastore');
    expect(message).to.contain('--take-over').and.not.contain('drift --correct');
  });

  it('waits while this agent is on hold, until the hold is released', async () => {
    await start();
    await agent.operations.hold({ scope: 'agent', by: 'ann', why: 'working by hand' });
    edit({ asNumber: 64999 });
    clock.advance(3000);
    const status = await statusWhen(agent, ({ state }) => state === 'held');
    expect(status.hold).to.deep.include({ scope: 'agent', by: 'ann', why: 'working by hand' });
    expect(stored().spec.asNumber).to.equal(64999);
    await agent.operations.releaseHold('agent');
    await whenWritten(2);
    expect(agent.readings.status()).not.to.have.property('hold');
  });
});

function isConfiguration(data: unknown): data is BGPConfiguration {
  return typeof data === 'object' && data !== null && 'kind' in data;
}
