import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { AppError } from '../../../../runtime/errors.ts';
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

  it('says nothing of another try where the agent stops in the middle of a step', async () => {
    const datastore = createMemoryDatastore();
    const lines: string[] = [];
    const note = (message: string, fields?: object): void =>
      void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
    const logger = { debug: note, info: note, warn: note, error: note };
    const agent = agentOn({ folder, datastore, logger });
    const writing = new Promise<() => void>((reached) => {
      datastore.meddle.write = () =>
        new Promise((_resolve, reject) => {
          const why = 'cannot write BGPPeer "x": the program is about to end';
          reached(() => reject(new AppError('not-ready', why, { retryable: true })));
        });
    });
    await agent.start();
    await agent.offers.offer(localOffer('global-as-number: 65001\n'));
    const fail = await writing;
    const stopped = agent.stop();
    fail();
    await stopped;
    expect(lines.filter((line) => line.includes('trying again'))).to.deep.equal([]);
    expect(lines.some((line) => /stops in the middle.*about to end/.test(line))).to.equal(true);
    expect(agent.readings.status().state).to.equal('applying');

    datastore.meddle.write = (write) => write();
    const next = agentOn({ folder, datastore, logger });
    const done = statusWhen(next, inForce(1));
    await next.start();
    await done;
    await next.stop();
  });
});
