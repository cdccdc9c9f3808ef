import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { AgentSettings } from '../../../../agent/app/state/settings-now.ts';
import type { BGPPeer } from '../../../../core/calico/resource.ts';
import { ownerOf } from '../../../../core/render/ownership.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { failure } from '../../../support/failure.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';
import {
  createMemoryWriterLease,
  type MemoryWriterLease,
} from '../../../support/twins/memory-writer-lease.ts';

const oneRouter = 'global-bgp-peers: |\n  - {address: 10.0.0.1, as-number: 65000}\n';
const charmPeer: BGPPeer = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPPeer',
  metadata: { name: 'global-10.0.0.1' },
  spec: { peerIP: '10.0.0.1', asNumber: 65000 },
};

describe('objects that somebody else made', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let lease: MemoryWriterLease;
  let clock: ManualClock;
  let agent: RunningAgent;

  const start = async (settings: Partial<AgentSettings> = {}): Promise<void> => {
    agent = agentOn({ folder, datastore, clock, settings, lease: lease.connect('node-0') });
    await agent.start();
    const outcome = await agent.offers.offer(localOffer(oneRouter));
    if (outcome.result === 'refused') throw new Error(outcome.message);
  };
  const peers = (): string[] =>
    Object.keys(datastore.contents()).filter((key) => key.startsWith('BGPPeer/'));
  const stored = (name: string): BGPPeer => {
    const found = datastore.contents()[`BGPPeer/${name}`];
    if (!isPeer(found)) throw new Error(`there is no BGPPeer ${name}`);
    return found;
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-adoption-'));
    datastore = createMemoryDatastore();
    lease = createMemoryWriterLease();
    clock = createManualClock();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('are taken over under their own names before ours are made, with no change but marks', async () => {
    datastore.put(charmPeer);
    lease.giveTo('node-9');
    await start();
    await statusWhen(agent, ({ state }) => state === 'awaiting-writer');
    lease.giveTo(undefined);
    const adopted = await agent.operations.adopt();
    expect(adopted.map(({ name, fate }) => [name, fate])).to.deep.equal([
      ['global-10.0.0.1', 'stays'],
    ]);
    await statusWhen(agent, inForce(1));
    expect(peers()).to.deep.equal(['BGPPeer/global-10.0.0.1']);
    expect(stored('global-10.0.0.1').spec).to.deep.equal(charmPeer.spec);
    expect(ownerOf(stored('global-10.0.0.1'))).to.include({ lineage: 'local:node-0' });
  });

  it('are deleted once they are taken over, when ours exist already, whatever happens to drift', async () => {
    datastore.put(charmPeer);
    await start({ driftPolicy: 'report' });
    await statusWhen(agent, inForce(1));
    expect(peers()).to.have.length(2);
    const shown = await agent.operations.adoptable();
    expect(shown.map(({ name, fate }) => [name, fate])).to.deep.equal([
      ['global-10.0.0.1', 'replaced'],
    ]);
    expect(peers()).to.have.length(2);
    await agent.operations.adopt();
    await statusWhen(agent, ({ state }) => state === 'in-force' && peers().length === 1);
    expect(peers()).to.deep.equal(['BGPPeer/calico-agent-10.0.0.1']);
  });

  it('are not taken over while another agent holds the writer lease, or on hold', async () => {
    datastore.put(charmPeer);
    await start();
    await statusWhen(agent, inForce(1));
    lease.giveTo('node-9');
    expect((await failure(agent.operations.adopt())).code).to.equal('writer-lease-lost');
    lease.giveTo(undefined);
    await agent.operations.hold({ scope: 'agent', by: 'ann', why: 'by hand' });
    const held = await failure(agent.operations.adopt());
    expect(held).to.be.instanceOf(AppError);
    expect(held.code).to.equal('held');
    expect(held.message).to.include('ann');
    expect(peers()).to.have.length(2);
  });

  it('stay when another agent holds the writer lease, and the answer names it', async () => {
    await start();
    await statusWhen(agent, inForce(1));
    lease.giveTo('node-9');
    const { objects, left } = await agent.operations.release();
    expect(objects).to.deep.equal([]);
    expect(left.map(({ name }) => name)).to.deep.equal(['calico-agent-10.0.0.1']);
  });

  it('are released with all their fields, and the agent writes nothing any more', async () => {
    await start();
    await statusWhen(agent, inForce(1));
    const before = stored('calico-agent-10.0.0.1').spec;
    expect(await agent.operations.owned()).to.deep.equal([
      { kind: 'BGPPeer', name: 'calico-agent-10.0.0.1', scope: 'cluster' },
    ]);
    await agent.operations.release();
    await statusWhen(agent, ({ state }) => state === 'waiting');
    expect(stored('calico-agent-10.0.0.1').spec).to.deep.equal(before);
    expect(ownerOf(stored('calico-agent-10.0.0.1'))).to.equal(undefined);
    datastore.put({ ...charmPeer, metadata: { name: 'calico-agent-10.0.0.1' } });
    clock.advance(60_000);
    expect(await agent.operations.owned()).to.deep.equal([]);
    expect(agent.readings.status().revisions).not.to.have.property('accepted');
  });
});

function isPeer(data: unknown): data is BGPPeer {
  return typeof data === 'object' && data !== null && 'kind' in data;
}
