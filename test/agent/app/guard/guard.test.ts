/** The guard of an agent, over the real adapter and a kernel in memory. */
import { expect } from 'chai';
import { createGuardRoutes } from '../../../../agent/adapters/guard-routes/guard-routes.ts';
import { createGuard, type Guard, type GuardDeps } from '../../../../agent/app/guard/guard.ts';
import type { GuardView } from '../../../../core/guard/guard-view.ts';
import type { BeginningChange } from '../../../../agent/app/apply/change-listeners.ts';
import { usualGuard } from '../../../../core/guard/guard-settings.ts';
import type { AnyChange } from '../../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../../core/revision/revision.ts';
import { eventually } from '../../../support/eventually.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import {
  createMemoryKernel,
  routeOfBird,
  type MemoryKernel,
} from '../../../support/twins/memory-kernel.ts';

const ref = (number: number): RevisionRef => ({
  lineage: 'local:node-0',
  number,
  digest: `sha256:${String(number).repeat(64)}`,
});
const patch: AnyChange = {
  action: 'patch-node',
  node: 'node-0',
  before: { groupLabels: [] },
  after: { asNumber: 65_001, groupLabels: [] },
  fields: [],
};
const marks: AnyChange = {
  action: 'release',
  scope: { kind: 'cluster' },
  before: {
    apiVersion: 'projectcalico.org/v3',
    kind: 'BGPConfiguration',
    metadata: { name: 'default' },
    spec: {},
  },
};
const change = (number = 1, changes: readonly AnyChange[] = [patch]): BeginningChange => ({
  revision: ref(number),
  plan: {
    formatVersion: 1,
    steps: [{ title: 'nodes', why: '', gates: [], changes }],
    issues: [],
  },
  isOwnOnly: false,
});

describe('the guard of an agent', () => {
  let kernel: MemoryKernel;
  let clock: ManualClock;
  let settled: boolean;
  let refusal: string | undefined;
  let departed: readonly string[];
  let logged: string[];
  let guards: Guard[];

  beforeEach(() => {
    kernel = createMemoryKernel();
    restoreBird();
    clock = createManualClock();
    settled = false;
    refusal = undefined;
    departed = [];
    logged = [];
    guards = [];
  });
  afterEach(() => guards.forEach((guard) => guard.stop()));

  const restoreBird = (): void => {
    kernel.families[4].routes.push(routeOfBird);
  };
  const withdrawBird = (): void => {
    const { routes } = kernel.families[4];
    kernel.families[4].routes = routes.filter(({ protocol }) => protocol !== 12);
  };
  /** A process of the agent; a second one knows only the content of the kernel. */
  const begin = (more: Partial<GuardDeps> = {}): Guard => {
    const log = (message: string, fields?: object): void =>
      void logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
    const guard = createGuard({
      routes: createGuardRoutes({
        program: kernel,
        settings: () => usualGuard,
        uptime: () => 1000 + clock.elapsed() / 1000,
      }),
      refusal: () => refusal,
      isSettled: () => Promise.resolve(settled),
      departed: () => Promise.resolve(departed),
      clock,
      logger: { info: log, warn: log, debug: log, error: log },
      changed: () => undefined,
      ...more,
    });
    guards.push(guard);
    return guard;
  };
  const stands = (): boolean =>
    [...kernel.families[4].rules, ...kernel.families[4].routes].some(
      ({ protocol }) => protocol === 203,
    );
  const isOn = (view: GuardView): boolean => view.guard === 'on';
  /** Lets time pass, with every check in between. */
  const pass = async (seconds: number): Promise<void> => {
    for (let at = 0; at < seconds; at += 2) {
      clock.advance(2000);
      // A check reads the kernel several times, each in a turn of its own.
      for (let turns = 0; turns < 60; turns += 1) await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it('is up before a change of BGP goes on, and not before a change of marks alone', async () => {
    const guard = begin();
    await guard.begins(change(1, [marks]));
    expect(guard.view()).to.deep.equal({ guard: 'off' });
    expect(stands()).to.equal(false);
    await guard.begins(change());
    expect(guard.view()).to.include({ guard: 'on', routes: 1, carrying: 0 });
    expect(stands()).to.equal(true);
  });

  it('ends some time after the confirmation, when BIRD has its routes again', async () => {
    const guard = begin();
    await guard.begins(change());
    withdrawBird();
    await pass(60);
    expect(guard.view()).to.include({ guard: 'on', carrying: 1 });
    settled = true;
    await pass(20);
    expect(isOn(guard.view())).to.equal(true);
    restoreBird();
    await pass(10);
    expect(isOn(guard.view())).to.equal(true);
    await pass(10);
    expect(guard.view()).to.deep.equal({ guard: 'off' });
    expect(stands()).to.equal(false);
  });

  it('ends a minute after the confirmation also when BIRD does not bring a route back', async () => {
    const guard = begin();
    await guard.begins(change());
    withdrawBird();
    settled = true;
    await pass(70);
    expect(stands()).to.equal(false);
    expect(logged.join('\n')).to.contain('192.168.1.0/26');
  });

  it('ends at its deadline, and does not begin again for the same step', async () => {
    const guard = begin();
    await guard.begins(change());
    await pass(190);
    expect(stands()).to.equal(false);
    await guard.begins(change());
    expect(stands()).to.equal(false);
    expect(guard.view().guard).to.equal('never');
    guard.moved({ revision: ref(1), at: 'step', progress: { step: 2, steps: 3, title: 'x' } });
    await guard.begins(change());
    expect(stands()).to.equal(true);
  });

  it('is no longer missed once the change that outlasted it goes on or ends', async () => {
    const step = { at: 'step', progress: { step: 1, steps: 1, title: 'x' } } as const;
    const ends = [step, { at: 'confirmed' }, { at: 'rejected', why: 'x' }] as const;
    for (const [index, end] of ends.entries()) {
      const number = index + 1;
      const guard = begin();
      await guard.begins(change(number));
      await pass(190);
      await guard.begins(change(number));
      expect(guard.view().guard).to.equal('never');
      guard.moved({ revision: ref(number), ...end });
      await eventually(() => expect(guard.view()).to.deep.equal({ guard: 'off' }));
      guard.stop();
    }
  });

  it('gets the whole time again with each step', async () => {
    const guard = begin();
    await guard.begins(change());
    for (const step of [1, 2, 3]) {
      guard.moved({ revision: ref(1), at: 'step', progress: { step, steps: 3, title: 'x' } });
      await pass(150);
      expect(isOn(guard.view()), `step ${step}`).to.equal(true);
    }
    await pass(40);
    expect(stands()).to.equal(false);
  });

  it('continues for the rollback, with the routes from before the change', async () => {
    const guard = begin();
    await guard.begins(change(2));
    withdrawBird();
    await pass(150);
    await guard.begins(change(1));
    await pass(100);
    expect(guard.view()).to.include({ guard: 'on', routes: 1, carrying: 1 });
  });

  it('is taken over by a new process with its deadline, and ends when no change is open', async () => {
    const first = begin();
    await first.begins(change());
    withdrawBird();
    await pass(100);
    first.stop();
    const second = begin();
    second.start();
    await second.begins(change());
    await pass(50);
    expect(second.view()).to.include({ guard: 'on', routes: 1, carrying: 1 });
    // Its first step began before the kill.
    await pass(40);
    expect(stands()).to.equal(false);
  });

  it('is removed at the next start when its deadline has passed', async () => {
    const first = begin();
    await first.begins(change());
    first.stop();
    clock.advance(400_000);
    const second = begin();
    second.start();
    await eventually(() => expect(stands()).to.equal(false));
  });

  it('loses the routes of nodes that left', async () => {
    const guard = begin();
    await guard.begins(change());
    withdrawBird();
    departed = ['192.168.1.0/26'];
    await pass(10);
    expect(guard.view()).to.include({ carrying: 1 });
    await pass(60);
    expect(guard.view()).to.include({ guard: 'on', routes: 0, carrying: 0 });
  });

  it('is never up when agent.yaml or the operator says so, or the kernel refuses', async () => {
    refusal = 'because';
    const guard = begin();
    guard.start();
    await guard.begins(change());
    expect(guard.view()).to.deep.equal({ guard: 'never', why: 'because' });
    refusal = undefined;
    kernel.isPermitted = false;
    const other = begin();
    other.start();
    await eventually(() => {
      const view = other.view();
      expect(view.guard === 'never' && view.why).to.contain('CAP_NET_ADMIN');
    });
    await other.begins(change());
    expect(other.view().guard).to.equal('never');
    expect(stands()).to.equal(false);
  });

  it('is removed at once when agent.yaml begins to say never', async () => {
    const guard = begin();
    await guard.begins(change());
    refusal = 'because';
    await pass(4);
    expect(stands()).to.equal(false);
    expect(guard.view()).to.deep.equal({ guard: 'never', why: 'because' });
  });

  it('is not put up again after somebody removed it', async () => {
    const guard = begin();
    await guard.begins(change());
    kernel.families[4].rules = kernel.families[4].rules.filter(({ protocol }) => protocol !== 203);
    kernel.families[4].routes = [];
    await pass(4);
    await guard.begins(change());
    expect(stands()).to.equal(false);
    expect(logged.join('\n')).to.contain('somebody took the guard routes away');
  });

  it('is removed at a later attempt when the kernel refuses once', async () => {
    const guard = begin();
    await guard.begins(change());
    kernel.isPermitted = false;
    await pass(200);
    expect(stands()).to.equal(true);
    kernel.isPermitted = true;
    await pass(4);
    expect(stands()).to.equal(false);
  });
});
