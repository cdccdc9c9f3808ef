import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { IPPool } from '../../../../core/calico/resource.ts';
import { agentOn, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';

const onlyOurs = 'cidr: 192.168.0.0/16\nmanage-pools: true\n';
const cidr = '10.9.0.0/16';
const foreign: IPPool = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'IPPool',
  metadata: { name: 'old' },
  spec: { cidr, ipipMode: 'Always', vxlanMode: 'Never', natOutgoing: true },
};

describe('a pool that the configuration does not know', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let clock: ManualClock;
  let agent: RunningAgent;

  const isThere = (): boolean => 'IPPool/old' in datastore.contents();
  const inForce = (): Promise<unknown> => statusWhen(agent, ({ state }) => state === 'in-force');

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-pools-'));
    datastore = createMemoryDatastore();
    datastore.put(foreign);
    clock = createManualClock();
    agent = agentOn({ folder, datastore, clock });
    await agent.start();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('is deleted when none of its addresses is in use', async () => {
    await agent.offers.offer(localOffer(onlyOurs));
    await inForce();
    expect(isThere()).to.equal(false);
  });

  it('stays while addresses are in use, and is deleted once they are free', async () => {
    datastore.meddle.usage = () => [{ cidr, addresses: 3 }];
    await agent.offers.offer(localOffer(onlyOurs));
    await inForce();
    expect(isThere()).to.equal(true);
    datastore.meddle.usage = () => [{ cidr, addresses: 0 }];
    await clock.passNext();
    await statusWhen(agent, () => !isThere());
  });

  it('stays when its usage is unknown', async () => {
    datastore.meddle.usage = () => undefined;
    await agent.offers.offer(localOffer(onlyOurs));
    await inForce();
    expect(isThere()).to.equal(true);
  });

  it('stays when somebody got an address between the plan and the deletion', async () => {
    let looks = 0;
    datastore.meddle.usage = () => {
      looks += 1;
      return [{ cidr, addresses: looks === 1 ? 0 : 1 }];
    };
    await agent.offers.offer(localOffer(onlyOurs));
    await clock.passNext();
    await inForce();
    expect(isThere()).to.equal(true);
    expect(looks).to.be.greaterThan(2);
  });
});
