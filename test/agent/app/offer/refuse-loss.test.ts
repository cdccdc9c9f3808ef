/** A configuration that costs traffic is accepted when a person accepts the loss. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { AgentSettings } from '../../../../agent/app/state/settings-now.ts';
import type { ObservedDaemon } from '../../../../core/sessions/session.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';

const before = 'node-to-node-mesh: true\n';
const costly =
  'node-to-node-mesh: true\nglobal-as-number: 65000\nroute-reflector-cluster-ids: {0: 224.0.0.1}\n';
const bird: ObservedDaemon = {
  ok: true,
  at: '/run/bird.ctl',
  status: { version: '1.6.8', routerId: '10.0.0.2', activity: 'running', isRecovering: false },
  sessions: [],
  routes: 0,
};

describe('a configuration that costs traffic', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let agent: RunningAgent;

  const start = async (
    daemons: readonly ObservedDaemon[],
    settings: Partial<AgentSettings> = {},
  ): Promise<void> => {
    const sessions = { observe: () => Promise.resolve(daemons) };
    const confirmSeconds = { apply: 0, juju: 0, controller: 0 };
    agent = agentOn({ folder, datastore, sessions, settings: { confirmSeconds, ...settings } });
    await agent.start();
    await agent.offers.offer(localOffer(before));
    await statusWhen(agent, inForce(1));
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-loss-'));
    datastore = createMemoryDatastore();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('is refused with the pods that lose traffic, and changes nothing', async () => {
    await start([bird]);
    const outcome = await agent.offers.offer(localOffer(costly));
    expect(outcome).to.include({ result: 'refused', code: 'loss-not-accepted' });
    if (outcome.result !== 'refused') throw new Error('it was accepted');
    expect(outcome.message).to.match(
      /^cannot accept the configuration: it loses traffic .*node "node-0".*apply --accept-loss accepts that$/,
    );
    expect(outcome.issues.map(({ code }) => code)).to.include('loss-reflector');
    expect(agent.readings.status().revisions.accepted?.number).to.equal(1);
  });

  it('is accepted when a person accepts the loss', async () => {
    await start([bird]);
    const outcome = await agent.offers.offer(localOffer(costly, { acceptLoss: true }));
    expect(outcome).to.include({ result: 'accepted' });
  });

  it('is refused from a controller with the commands that accept it there', async () => {
    await start([bird], { acceptLoss: { local: false, juju: false, controller: false } });
    const pushed = {
      source: 'controller',
      lineage: 'controller:c',
      takeOver: true,
      number: 7,
    } as const;
    const outcome = await agent.offers.offer(localOffer(costly, pushed));
    if (outcome.result !== 'refused') throw new Error('it was accepted');
    expect(outcome.message).to.match(
      /; calico-controller push or rollout start with --accept-loss accepts that$/,
    );
    const accepting = localOffer(costly, { ...pushed, acceptLoss: true });
    expect(await agent.offers.offer(accepting)).to.include({ result: 'accepted' });
  });

  it('is accepted from Juju and the controller, unless agent.yaml says otherwise', async () => {
    await start([bird], { acceptLoss: { local: false, juju: false, controller: true } });
    const offer = (source: 'juju' | 'controller'): ReturnType<typeof agent.offers.offer> =>
      agent.offers.offer(
        localOffer(costly, { source, lineage: `${source}:c`, takeOver: true, number: 7 }),
      );
    expect(await offer('juju')).to.include({ code: 'loss-not-accepted' });
    expect(await offer('controller')).to.include({ result: 'accepted' });
  });

  it('costs nothing when no BGP daemon runs', async () => {
    await start([]);
    expect(await agent.offers.offer(localOffer(costly))).to.include({ result: 'accepted' });
  });

  it('is not asked for again once it is accepted', async () => {
    await start([bird]);
    await agent.operations.hold({ scope: 'agent', by: 'test', why: 'a night' });
    await agent.offers.offer(localOffer(costly, { acceptLoss: true }));
    expect(await agent.offers.offer(localOffer(costly))).to.include({ result: 'already' });
  });

  it('is accepted without a question while the datastore is away', async () => {
    await start([bird]);
    datastore.meddle.observe = () => {
      throw new AppError('datastore-failed', 'nobody answers', { retryable: true });
    };
    expect(await agent.offers.offer(localOffer(costly))).to.include({ result: 'accepted' });
  });
});
