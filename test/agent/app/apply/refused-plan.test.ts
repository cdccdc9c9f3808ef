/** The content of the datastore can make a correct configuration impossible. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { planAccepted, planConfig } from '../../../../agent/api/config/preview.ts';
import type { AgentSignal } from '../../../../agent/app/status/signals.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { IPPool } from '../../../../core/calico/resource.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';
import { run } from '../../cli/run-command.ts';
import { withAgent } from '../../cli/scripted-agent.ts';

const meshAndA = 'cidr: 192.168.0.0/16\nnode-to-node-mesh: true\nmanage-pools: true\n';
const noMeshAndB = 'cidr: 10.64.0.0/16\nnode-to-node-mesh: false\nmanage-pools: true\n';

describe('a configuration whose plan has errors', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let agent: RunningAgent;
  let events: AgentSignal[];
  let clock: ReturnType<typeof createManualClock>;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-app-'));
    datastore = createMemoryDatastore();
    clock = createManualClock();
    agent = agentOn({ folder, datastore, clock });
    events = [];
    agent.readings.subscribe((event) => void events.push(event));
    await agent.start();
    const outcome = await agent.offers.offer(localOffer(meshAndA));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    expect(await agent.offers.waitForRevision(outcome.revision, forever)).to.deep.equal({
      result: 'confirmed',
    });
    await statusWhen(agent, inForce(1));
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  it('is rejected with its reasons, writes nothing, and the previous one is in force again', async () => {
    const before = { contents: datastore.contents(), log: [...datastore.log] };
    const outcome = await agent.offers.offer(localOffer(noMeshAndB));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    const settled = await agent.offers.waitForRevision(outcome.revision, forever);
    expect(settled).to.include({ result: 'failed' });
    expect(settled)
      .to.have.property('message')
      .that.contains('cannot change pool "ipv4": its cidr');
    const status = await statusWhen(agent, inForce(1));
    expect(status.revisions.accepted?.number).to.equal(1);
    expect(status.message).to.match(
      /revision \S+#1 is in force; revision \S+#2 was rejected: .*cidr/,
    );
    expect(status.revisions.rejected.map(({ number }) => number)).to.deep.equal([2]);
    const failure = events.find((event) => event.type === 'failed');
    expect(failure).to.include({ code: 'invalid-config', retrying: false });
    expect(failure?.issues.map(({ code }) => code)).to.include('pool-immutable');
    expect({ contents: datastore.contents(), log: datastore.log }).to.deep.equal(before);
  });

  it('is tried again when it is the one in force and drift brought the conflict', async () => {
    datastore.remove('IPPool/ipv4');
    datastore.put(overlapping);
    const log = [...datastore.log];
    clock.advance(await timerOf(clock));
    const failed = await statusWhen(agent, ({ state }) => state === 'failed');
    expect(failed.needsPerson).to.equal(true);
    expect(failed.message).to.match(/overlaps the pool "hand-made".*; trying again in 60 s/);
    expect(failed.revisions.rejected).to.deep.equal([]);
    expect(datastore.log).to.deep.equal(log);
    datastore.remove('IPPool/hand-made');
    clock.advance(await timerOf(clock));
    await statusWhen(agent, inForce(1));
    expect(datastore.contents()).to.have.property('IPPool/ipv4');
  });

  it('shows its errors in the plan, without steps, and with exit status 2', async () => {
    const script = {
      'POST /v1/plan': planConfig.bind(undefined, agent.offers),
      'GET /v1/plan': planAccepted.bind(undefined, agent.offers),
    };
    await withAgent(script, async ({ socket }) => {
      const refused = await run(['plan', '-', '--socket', socket], { input: noMeshAndB });
      expect(refused.status).to.equal(2);
      expect(refused.stdout).to.match(/^error: cannot change pool "ipv4": its cidr/);
      expect(refused.stdout).to.match(/changes nothing: 1 error\n$/);
      const accepted = await run(['plan', '--socket', socket]);
      expect(accepted).to.include({ status: 0, stdout: 'nothing to do\n' });
    });
  });
});

const forever = new AbortController().signal;

const overlapping: IPPool = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'IPPool',
  metadata: { name: 'hand-made' },
  spec: { cidr: '192.168.0.0/17', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: true },
};

/** The loop sets its timer in a later turn than the one in which it reports. */
async function timerOf({ waiting }: ReturnType<typeof createManualClock>): Promise<number> {
  for (;;) {
    const [delay] = waiting();
    if (delay !== undefined) return delay;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
