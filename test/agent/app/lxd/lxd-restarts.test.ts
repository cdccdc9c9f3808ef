import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noCalico } from '../../../../agent/adapters/no-calico/no-calico.ts';
import { createRevisionFiles } from '../../../../agent/adapters/state-directory/revision-files.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import type { AgentState } from '../../../../agent/app/state/agent-state.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { eventually } from '../../../support/eventually.ts';
import { createMemoryLxd, type MemoryLxd } from '../../../support/twins/memory-lxd.ts';
import { quickClock } from '../../../support/clocks/quick-clock.ts';

function document(restart: string): string {
  const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
  return `${head}lxd: {profiles: [k8s], bpffs: true, restart: ${restart}}\n`;
}

describe('restarts of containers', () => {
  let folder: string;
  let lxd: MemoryLxd;
  let agent: RunningAgent;
  const start = async (): Promise<RunningAgent> => {
    const { datastore } = noCalico;
    const started = agentOn({ folder, datastore, connection: noCalico, lxd, clock: quickClock });
    await started.start();
    return started;
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-restarts-'));
    lxd = createMemoryLxd({ a: ['k8s'], b: ['k8s'], c: ['k8s'], other: ['default'] });
    agent = await start();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });
  const says = (text: string): Promise<unknown> =>
    statusWhen(agent, ({ message }) => message.includes(text));
  const restarts = (): readonly string[] => lxd.log.filter((line) => !line.startsWith('set'));
  const id = (name: string): { project: string; name: string } => ({ project: 'default', name });
  const noted = async (): Promise<AgentState['containerRestarts']> =>
    (await createRevisionFiles(folder, silentLogger).loadState())?.containerRestarts;
  /** In the state of an agent that ended in the middle. */
  const cutOff = async (restart: string, under: object[]): Promise<void> => {
    await agent.offers.offer(localOffer(document(restart)));
    await statusWhen(agent, inForce(1));
    await agent.stop();
    const store = createRevisionFiles(folder, silentLogger);
    const state = await store.loadState();
    if (state === undefined) throw new Error('there is a state');
    await store.saveState(JSON.parse(JSON.stringify({ ...state, containerRestarts: { under } })));
  };

  it('restart a container once for its missing settings, and remember it', async () => {
    lxd.meddle.restart = (name) => {
      // A state that lasts only a moment is gone again.
      if (name === 'b') lxd.meddle.lacksAll = 'a';
    };
    await agent.offers.offer(localOffer(document('{policy: rolling}')));
    await says('stopped: container "a" still lacks /sys/fs/bpf after its restart');
    await agent.stop();
    agent = await start();
    await says('still lacks');
    expect(restarts()).to.deep.equal(['restart a', 'restart b']);
    // Its own restart ends the stop, and the next reading starts it, without another restart.
    await agent.lxd.restart(['a']);
    await says('still lacks');
    expect(restarts()).to.deep.equal(['restart a', 'restart b', 'restart a']);
  });

  it('restart nothing by readings from before LXD stopped answering', async () => {
    lxd.meddle.restart = () => {
      lxd.meddle.unreachable = true;
    };
    await agent.offers.offer(localOffer(document('{policy: rolling}')));
    await says('cannot reach LXD');
    const { events, seen } = countFailures();
    const stop = agent.readings.subscribe(events);
    await eventually(() => expect(seen()).to.be.greaterThan(3));
    stop();
    expect(restarts()).to.deep.equal(['restart a']);
    delete lxd.meddle.restart;
    delete lxd.meddle.unreachable;
    await statusWhen(agent, ({ message }) => message.endsWith('is in force'));
    expect(restarts()).to.deep.equal(['restart a', 'restart b', 'restart c']);
  });

  it('start one that shuts down too late, and go no further', async () => {
    lxd.meddle.runsOn = 'a';
    await agent.offers.offer(localOffer(document('{policy: rolling}')));
    await says('stopped: cannot restart container "a"');
    await agent.stop();
    lxd.goesDown('a');
    agent = await start();
    await eventually(() => expect(restarts()).to.deep.equal(['restart a', 'start a']));
    await says('stopped: cannot restart container "a"');
    lxd.goesDown('a');
    await agent.operations.hold({ scope: 'agent', by: 'me', why: 'a pass goes by' });
    expect(restarts()).to.deep.equal(['restart a', 'start a']);
  });

  it('watch one that LXD began to shut down before LXD ended', async () => {
    lxd.meddle.cutOff = 'b';
    await agent.offers.offer(localOffer(document('{policy: manual}')));
    await says('3 containers need');
    const { failed } = await agent.lxd.restart(['b']);
    expect(failed.map(({ retryable }) => retryable)).to.deep.equal([true]);
    await eventually(async () =>
      expect(await noted()).to.have.nested.property('slow[0].name', 'b'),
    );
    lxd.goesDown('b');
    await eventually(() => expect(restarts()).to.deep.equal(['restart b', 'start b']));
  });

  it('begin no other once the client went away, the agent is on hold, or about to end', async () => {
    await agent.offers.offer(localOffer(document('{policy: manual}')));
    await says('3 containers need');
    const left = async (signal?: AbortSignal): Promise<unknown> =>
      (await agent.lxd.restart(['a', 'b'], signal)).left;
    const gone = new AbortController();
    lxd.meddle.restart = () => gone.abort();
    expect(await left(gone.signal)).to.deep.equal([id('b')]);
    let held: Promise<void> | undefined;
    lxd.meddle.restart = () => {
      held = agent.operations.hold({ scope: 'agent', by: 'me', why: 'enough' });
      return eventually(() => expect(agent.readings.status()).to.have.property('hold'));
    };
    expect(await left()).to.deep.equal([id('b')]);
    await held;
    await agent.operations.releaseHold('agent');
    let ended: Promise<void> | undefined;
    lxd.meddle.restart = () => {
      ended = agent.stop();
    };
    expect(await left()).to.deep.equal([id('b')]);
    await ended;
    expect(restarts()).to.deep.equal(['restart a', 'restart a', 'restart a']);
  });

  it('record on disk the containers that go down now, not those that come later', async () => {
    await agent.offers.offer(localOffer(document('{policy: manual}')));
    await says('3 containers need');
    const under: unknown[] = [];
    lxd.meddle.restart = async () => {
      under.push((await noted())?.under.map(({ name }) => name));
    };
    await agent.lxd.restart([]);
    expect(under).to.deep.equal([['a'], ['b'], ['c']]);
  });

  it('report one that was cut off and does not come back, and do not try again', async () => {
    await cutOff('{policy: never, timeoutSeconds: 3}', [id('b')]);
    lxd.goesDown('b');
    lxd.meddle.staysDown = 'b';
    agent = await start();
    await says('restarting stopped: container "b" did not come back within 3 s');
    await agent.operations.hold({ scope: 'agent', by: 'me', why: 'a pass goes by' });
    expect(restarts()).to.deep.equal(['start b']);
  });

  it('start those that were cut off under a hold too', async () => {
    await cutOff('{policy: never}', [id('b')]);
    agent = await start();
    await agent.operations.hold({ scope: 'agent', by: 'me', why: 'work' });
    await cutOffAgain('b');
    agent = await start();
    await eventually(() => expect(restarts()).to.deep.equal(['start b']));
  });
  const cutOffAgain = async (name: string): Promise<void> => {
    await agent.stop();
    const store = createRevisionFiles(folder, silentLogger);
    const state = await store.loadState();
    if (state === undefined) throw new Error('there is a state');
    await store.saveState({ ...state, containerRestarts: { under: [id(name)] } });
    lxd.goesDown(name);
  };

  it('wait for a network only when there was one', async () => {
    lxd.meddle.withoutNetwork = 'b';
    await cutOff('{policy: never, timeoutSeconds: 3}', [
      { ...id('a'), networkUp: true },
      { ...id('b'), networkUp: false },
    ]);
    lxd.goesDown('a');
    lxd.goesDown('b');
    agent = await start();
    await eventually(async () => expect(await noted()).to.equal(undefined));
    expect(restarts()).to.deep.equal(['start a', 'start b']);
    lxd.meddle.withoutNetwork = 'a';
    await cutOffAgain('c');
    agent = await start();
    await eventually(() => expect(restarts()).to.include('start c'));
    expect(agent.readings.status().message).not.to.include('stopped');
  });

  it('stay stopped when a container other than the failed one is restarted', async () => {
    lxd.meddle.staysDown = 'a';
    await agent.offers.offer(localOffer(document('{policy: rolling, timeoutSeconds: 3}')));
    await says('stopped: container "a"');
    await agent.lxd.restart(['other']);
    await says('stopped: container "a"');
    expect(restarts()).to.deep.equal(['restart a', 'restart other']);
  });

  it('stop when one of several fails for good, and start the others again', async () => {
    Object.assign(lxd.meddle, { cutOff: 'a', staysDown: 'b' });
    await agent.offers.offer(
      localOffer(document('{policy: rolling, parallel: 2, timeoutSeconds: 3}')),
    );
    lxd.meddle.restart = (name) => {
      if (name === 'a') lxd.goesDown('a');
    };
    await says('stopped: container "b" did not come back');
    await eventually(() => expect(restarts()).to.deep.equal(['restart a', 'restart b', 'start a']));
  });
});

function countFailures(): {
  events: Parameters<RunningAgent['readings']['subscribe']>[0];
  seen: () => number;
} {
  let count = 0;
  return {
    events: (event) => {
      if (event.type === 'status' && event.status.message.includes('cannot reach LXD')) count += 1;
    },
    seen: () => count,
  };
}
