/** An agent whose node has BIRD routes, which are guarded during its changes. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createGuardRoutes } from '../../../../agent/adapters/guard-routes/guard-routes.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { usualGuard } from '../../../../core/guard/guard-settings.ts';
import { agentOn, localOffer, type AgentOn } from '../../../support/agents/agent-on.ts';
import { eventually } from '../../../support/eventually.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';
import {
  createMemoryKernel,
  routeOfBird,
  type MemoryKernel,
} from '../../../support/twins/memory-kernel.ts';

const config = (as: number): string => `global-as-number: ${as}\nnode-to-node-mesh: true\n`;

describe('an agent with guard routes', () => {
  let folder: string;
  let datastore: MemoryDatastore;
  let kernel: MemoryKernel;
  let clock: ManualClock;
  let agent: RunningAgent;
  /** Whether the guard routes existed at each write. */
  let guarded: boolean[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-guard-'));
    clock = createManualClock();
    datastore = createMemoryDatastore();
    guarded = [];
    datastore.meddle.write = (write) => {
      guarded.push(stands());
      write();
    };
    kernel = createMemoryKernel();
    kernel.families[4].routes.push(routeOfBird);
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  const stands = (): boolean => kernel.families[4].rules.some(({ protocol }) => protocol === 203);
  const start = async (on: Partial<AgentOn> = {}): Promise<void> => {
    agent = agentOn({
      folder,
      datastore,
      clock,
      guardRoutes: createGuardRoutes({
        program: kernel,
        settings: () => usualGuard,
        uptime: () => 1000 + clock.elapsed() / 1000,
      }),
      ...on,
    });
    await agent.start();
  };
  const apply = async (text: string, changes = {}): Promise<void> => {
    const outcome = await agent.offers.offer(localOffer(text, changes));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    await eventually(() =>
      expect(agent.readings.status().revisions.inForce).to.deep.equal(outcome.revision),
    );
  };
  const guardIn = (): unknown => agent.readings.status().guard;

  it('has them at each write, shows them, and removes them after the change', async () => {
    await start();
    await apply(config(65_001));
    expect(guarded).to.not.be.empty.and.to.not.include(false);
    expect(guardIn()).to.include({ state: 'on', routes: 1, carrying: 0 });
    await eventually(() => {
      clock.advance(2000);
      expect(stands()).to.equal(false);
    });
    await eventually(() => expect(guardIn()).to.equal(undefined));
  });

  it('has none when a person asks for none, for that configuration alone', async () => {
    await start();
    await apply(config(65_001), { noGuard: true });
    expect(guarded).to.not.be.empty.and.to.not.include(true);
    expect(guardIn()).to.deep.equal({ state: 'never', why: 'it was applied with --no-guard' });
    guarded.length = 0;
    await apply(config(65_002));
    expect(guarded).to.not.be.empty.and.to.not.include(false);
  });

  it('has none when agent.yaml says never, and says so from the start', async () => {
    await start({ settings: { guard: 'never' } });
    await eventually(() =>
      expect(guardIn()).to.deep.equal({
        state: 'never',
        why: 'agent.yaml has changes.guard: never',
      }),
    );
    await apply(config(65_001));
    expect(guarded).to.not.be.empty.and.to.not.include(true);
  });

  it('applies the change without them when the kernel refuses, and says why', async () => {
    kernel.isPermitted = false;
    await start();
    await apply(config(65_001));
    const guard = guardIn();
    expect(guard).to.have.property('state', 'never');
    expect(guard).to.have.property('why').that.contains('CAP_NET_ADMIN');
  });

  it('removes those of a killed process when no change is open', async () => {
    await createGuardRoutes({
      program: kernel,
      settings: () => usualGuard,
      uptime: () => 1000 + clock.elapsed() / 1000,
    }).begin(300);
    await start();
    await eventually(() => {
      clock.advance(2000);
      expect(stands()).to.equal(false);
    });
  });
});
