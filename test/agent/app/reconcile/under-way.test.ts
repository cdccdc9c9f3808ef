import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';

describe('the activity of an agent', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-under-way-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('stays the same in a pass that hangs, whatever else happens, and ends with it', async () => {
    const memory = createMemoryDatastore();
    let reached = (): void => undefined;
    let release = (): void => undefined;
    const hanging = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const datastore = {
      ...memory,
      observe: async (node: string) => {
        reached();
        await released;
        return memory.observe(node);
      },
    };
    const agent = agentOn({ folder, datastore });
    await agent.start();
    await agent.offers.offer(localOffer('global-as-number: 65001\n'));
    await hanging;
    const before = agent.underWay();
    expect(before).to.be.a('number');
    agent.refreshStatus();
    await agent.offers.offer(localOffer('global-as-number: 65002\n'));
    expect(agent.underWay()).to.equal(before);

    const done = statusWhen(agent, inForce(2));
    release();
    await done;
    expect(agent.underWay()).to.not.equal(before);
    await agent.stop();
    expect(agent.underWay()).to.equal(undefined);
  });
});
