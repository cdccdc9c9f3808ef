import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { OfferOutcome } from '../../../../agent/app/offer/offer.ts';
import { agentOn, localOffer } from '../../../support/agents/agent-on.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';

describe('numbers of a wrong controller', () => {
  let folder: string;
  let agent: RunningAgent;
  const start = async (source?: 'controller'): Promise<void> => {
    const settings = source === undefined ? {} : { settings: { source } };
    agent = agentOn({ folder, datastore: createMemoryDatastore(), ...settings });
    await agent.start();
  };
  const fromController = (number: number, asNumber: number): Promise<OfferOutcome> => {
    const lineage = 'controller:default';
    const text = `global-as-number: ${String(asNumber)}\n`;
    return agent.offers.offer(localOffer(text, { source: 'controller', lineage, number }));
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-numbers-'));
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('are forgotten by a take-over, and the right controller is accepted again', async () => {
    await start();
    expect(await fromController(12, 64_512)).to.include({ result: 'accepted' });
    expect(await fromController(Number.MAX_SAFE_INTEGER, 64_513)).to.include({
      code: 'number-too-high',
    });
    expect(await fromController(900_000, 64_513)).to.include({ result: 'accepted' });
    expect(await fromController(13, 64_514)).to.include({ code: 'older-number' });
    const taken = localOffer('global-as-number: 64514\n', { takeOver: true });
    expect(await agent.offers.offer(taken)).to.include({ result: 'accepted' });
    await agent.stop();
    await start('controller');
    expect(await fromController(13, 64_514)).to.include({ result: 'accepted' });
  });
});
