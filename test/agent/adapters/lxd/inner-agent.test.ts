import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { judgeStatus } from '../../../../agent/adapters/lxd/inside/inner-agent.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';

describe('an agent in a container', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-inner-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is well when it is idle or done, and not while it only starts', async () => {
    const datastore = createMemoryDatastore();
    const first = agentOn({ folder, datastore });
    expect(judgeStatus(first.readings.status())).to.equal('unhealthy');
    await first.start();
    await statusWhen(first, ({ message }) => message !== 'starting');
    expect(judgeStatus(first.readings.status())).to.equal('healthy');
    const text = 'global-as-number: 65001\nnode-to-node-mesh: true\n';
    await first.offers.offer(localOffer(text));
    await statusWhen(first, inForce(1));
    expect(judgeStatus(first.readings.status())).to.equal('healthy');
    await first.stop();
    const second = agentOn({ folder, datastore });
    const said: string[] = [];
    second.readings.subscribe((event) => {
      if (event.type === 'status') said.push(`${event.status.state} ${judgeStatus(event.status)}`);
    });
    await second.start();
    expect(judgeStatus(second.readings.status())).to.equal('unhealthy');
    await statusWhen(second, inForce(1));
    expect(judgeStatus(second.readings.status())).to.equal('healthy');
    expect(said).to.include('in-force healthy');
    await second.stop();
  });

  it('is not well while it reports an unknown state', () => {
    for (const status of [undefined, 'in-force', {}, { state: 'new' }, { state: 'failed' }]) {
      expect(judgeStatus(status)).to.equal('unhealthy');
    }
  });
});
