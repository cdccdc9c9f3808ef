import { expect } from 'chai';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noCalico } from '../../../../agent/adapters/no-calico/no-calico.ts';
import { createRevisionFiles } from '../../../../agent/adapters/state-directory/revision-files.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { eventually } from '../../../support/eventually.ts';
import { failure } from '../../../support/failure.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';
import { createMemoryLxd, type MemoryLxd } from '../../../support/twins/memory-lxd.ts';
import { quickClock } from '../../../support/clocks/quick-clock.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';

function document(policy: string): string {
  return `${head}lxd: {profiles: [k8s], bpffs: true, restart: ${policy}}\n`;
}

describe('the agent of a host of containers, on an LXD that does not hot-plug', () => {
  let folder: string;
  let lxd: MemoryLxd;
  let agent: RunningAgent;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-host-'));
    lxd = createMemoryLxd({ a: ['k8s'], b: ['k8s'], c: ['k8s'], other: ['default'] });
    agent = await start();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });
  const start = async (): Promise<RunningAgent> => {
    const { datastore } = noCalico;
    const started = agentOn({ folder, datastore, connection: noCalico, lxd, clock: quickClock });
    await started.start();
    return started;
  };
  const says = (text: string): Promise<unknown> =>
    statusWhen(agent, ({ message }) => message.includes(text));
  const restarts = (): readonly string[] => lxd.log.filter((line) => !line.startsWith('set'));

  it('names the containers that need a restart, and restarts none without a request', async () => {
    await agent.offers.offer(localOffer(document('{policy: never}')));
    await says('3 containers need a restart');
    expect(restarts()).to.deep.equal([]);
    expect((await failure(agent.lxd.restart([]))).message).to.contain('restart.policy: never');
    expect(agent.readings.status()).to.deep.include({ roles: ['lxd-host'] });
  });

  it('restarts on request those that need it, or those that are named', async () => {
    await agent.offers.offer(localOffer(document('{policy: manual}')));
    await says('3 containers need a restart');
    await agent.lxd.restart(['b']);
    expect(restarts()).to.deep.equal(['restart b']);
    expect((await agent.lxd.restart([])).restarted.map(({ name }) => name)).to.deep.equal([
      'a',
      'c',
    ]);
    expect((await failure(agent.lxd.restart(['nobody']))).code).to.equal('not-found');
  });

  it('restarts them one after the other in the window, and stops at one that stays down', async () => {
    lxd.meddle.staysDown = 'b';
    await agent.offers.offer(
      localOffer(document('{policy: rolling, window: {from: "02:00", to: "04:00", days: [sun]}}')),
    );
    await says('restarting stopped: container "b" did not come back');
    expect(restarts()).to.deep.equal(['restart a', 'restart b']);
    await agent.stop();
    agent = await start();
    await says('restarting stopped');
    expect(restarts()).to.deep.equal(['restart a', 'restart b']);
    delete lxd.meddle.staysDown;
    await agent.lxd.restart(['b']);
    await statusWhen(
      agent,
      ({ state, message }) => state === 'in-force' && !message.includes('restart'),
    );
    expect(restarts()).to.deep.equal(['restart a', 'restart b', 'start b', 'restart c']);
  });

  it('waits for the window, and for the end of a hold', async () => {
    const closed = '{policy: rolling, window: {from: "04:00", to: "05:00"}}';
    await agent.offers.offer(localOffer(document(closed)));
    await says('3 containers need a restart');
    await agent.operations.hold({ scope: 'agent', by: 'me', why: 'a night by hand' });
    await agent.offers.offer(localOffer(document('{policy: rolling}')));
    await says('3 containers need a restart');
    expect(restarts()).to.deep.equal([]);
    await agent.operations.releaseHold('agent');
    await statusWhen(agent, ({ message }) => message.endsWith('is in force'));
    expect(restarts()).to.have.length(3);
  });

  it('starts a container that was down when the agent ended', async () => {
    await agent.offers.offer(localOffer(document('{policy: manual}')));
    await says('3 containers need a restart');
    await agent.stop();
    const store = createRevisionFiles(folder, silentLogger);
    const state = await store.loadState();
    if (state === undefined) throw new Error('there is a state');
    const under = [{ project: 'default', name: 'b' }];
    await store.saveState({ ...state, containerRestarts: { under } });
    lxd.meddle.staysDown = 'b';
    await lxd.restart({ project: 'default', name: 'b' }, 1);
    delete lxd.meddle.staysDown;
    agent = await start();
    await eventually(() => expect(restarts()).to.deep.equal(['restart b', 'start b']));
  });

  it('shows and records only its own changes of a profile', async () => {
    const { content, ...rest } = lxd.profile('k8s');
    const config = { 'user.user-data': 'password: hush', 'cloud-init.vendor-data': 'hush' };
    const devices = { theirs: { type: 'disk', source: 'hush', path: '/srv' } };
    lxd.put({ ...rest, content: { ...content, description: 'hush', config, devices } });
    const { plan } = { plan: undefined, ...(await agent.offers.plan(document('{policy: never}'))) };
    expect(JSON.stringify(plan)).to.contain('sysfsbpf').and.not.contain('hush');
    await agent.offers.offer(localOffer(document('{policy: never}')));
    await statusWhen(agent, inForce(1));
    expect(lxd.profile('k8s').content).to.deep.include({ description: 'hush' });
    expect(lxd.profile('k8s').content.config).to.include(config);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map(({ parentPath, name }) => readFile(path.join(parentPath, name), 'utf8')),
    );
    expect(texts.join()).to.contain('set-lxd-profile').and.not.contain('hush');
  });

  it('removes a mount when the next configuration has no lxd section', async () => {
    await agent.offers.offer(localOffer(document('{policy: never}')));
    await statusWhen(agent, inForce(1));
    const others = { ...lxd.profile('default'), content: lxd.profile('k8s').content };
    lxd.put(others);
    await agent.offers.offer(localOffer(head));
    await statusWhen(agent, inForce(2));
    expect(lxd.profile('k8s').content).to.deep.equal({ description: '', config: {}, devices: {} });
    expect(lxd.profile('default')).to.deep.equal(others);
  });

  it('leaves nothing of a first configuration that is refused midway', async () => {
    lxd.meddle.apply = () => {
      if (lxd.log.length === 0) return;
      delete lxd.meddle.apply;
      throw new AppError('invalid-config', 'LXD refuses it');
    };
    await agent.offers.offer(localOffer(`${head}lxd: {profiles: [default, k8s], bpffs: true}\n`));
    await eventually(() => expect(lxd.log).to.deep.equal(['set default', 'set default']));
    for (const name of ['default', 'k8s']) {
      expect(lxd.profile(name).content).to.deep.equal({ description: '', config: {}, devices: {} });
    }
  });

  it('reads again when somebody else wrote first, and keeps their values', async () => {
    let races = 2;
    lxd.meddle.apply = () => {
      if (races === 0) return;
      races -= 1;
      const { content, ...rest } = lxd.profile('k8s');
      const config = { ...content.config, [`user.theirs${String(races)}`]: 'x' };
      lxd.put({ ...rest, content: { ...content, config } });
    };
    await agent.offers.offer(localOffer(document('{policy: never}')));
    await statusWhen(agent, inForce(1));
    expect(lxd.log).to.deep.equal(['set k8s', 'set k8s', 'set k8s']);
    expect(lxd.profile('k8s').content.config).to.include.keys('user.theirs0', 'user.theirs1');
  });

  it('waits while there is no LXD, and goes on when it is there', async () => {
    lxd.meddle.absent = true;
    await agent.offers.offer(localOffer(document('{policy: never}')));
    await says('waits: there is no LXD on this machine');
    delete lxd.meddle.absent;
    await statusWhen(agent, inForce(1));
  });
});

describe('the lxd section for the agent of a node', () => {
  it('is ignored, with a note', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-node-'));
    const agent = agentOn({ folder, datastore: createMemoryDatastore() });
    await agent.start();
    const issues = await agent.offers.check(document('{policy: never}'));
    expect(issues.map(({ severity, code }) => [severity, code])).to.deep.equal([
      ['note', 'lxd-not-here'],
    ]);
    expect((await failure(agent.lxd.report())).code).to.equal('not-found');
    await agent.stop();
    await rm(folder, { recursive: true });
  });
});
