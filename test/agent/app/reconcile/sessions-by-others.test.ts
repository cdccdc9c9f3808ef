import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { statusOfAgent } from '../../../../core/juju/unit-status.ts';
import type { CalicoResource } from '../../../../core/calico/resource.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';

const config = JSON.stringify({ 'global-as-number': 64512, 'node-to-node-mesh': false });

const foreign: CalicoResource = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPPeer',
  metadata: { name: 'tor-by-hand' },
  spec: { peerIP: '10.0.0.1', asNumber: 64900 },
};

describe('a node without a peer in the configuration, and without the mesh', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-alone-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is blocked, unless a BGPPeer of somebody else gives it sessions', async () => {
    const datastore = createMemoryDatastore();
    datastore.put(foreign);
    const agent = agentOn({ folder, datastore });
    await agent.start();
    await agent.offers.offer(localOffer(config));
    const peered = await statusWhen(agent, inForce(1));
    expect(peered.message).to.include(
      'peers are outside of this configuration: BGPPeer tor-by-hand',
    );
    expect(statusOfAgent(peered).word).to.equal('active');
    datastore.remove('BGPPeer/tor-by-hand');
    await agent.operations.correctDrift();
    const alone = await statusWhen(agent, ({ message }) => message.includes('no BGP session'));
    expect(statusOfAgent(alone).word).to.equal('blocked');
    await agent.stop();
  });
});
