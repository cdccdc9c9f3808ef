/** The agent of a host of containers, over a real LXD: revisions, drift, rollback, restarts. */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLxdHost } from '../../../agent/adapters/lxd/lxd-host.ts';
import { noCalico } from '../../../agent/adapters/no-calico/no-calico.ts';
import { systemClock } from '../../../agent/adapters/system-clock/system-clock.ts';
import type { RunningAgent } from '../../../agent/app/create-agent.ts';
import { AppError } from '../../../runtime/errors.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../support/agents/agent-on.ts';
import { eventually } from '../../support/eventually.ts';
import { needsLxd, startLxd, type RunningLxd } from '../../support/machine/lxd.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';

describe('the agent of a host of containers', function () {
  this.timeout(300_000);
  let lxd: RunningLxd;
  // Nothing where the tests are skipped.
  let stop = (): Promise<void> => Promise.resolve();
  let folder: string;
  let agent: RunningAgent;

  before(async function () {
    needsLxd(this);
    lxd = await startLxd();
    stop = lxd.stop;
  });
  after(() => stop());
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-lxd-'));
    agent = await startAgent(lxd.environment);
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  const startAgent = async (
    environment: NodeJS.ProcessEnv,
    driftPolicy: 'correct' | 'report' = 'correct',
  ): Promise<RunningAgent> => {
    const started = agentOn({
      folder,
      datastore: noCalico.datastore,
      connection: noCalico,
      lxd: createLxdHost({ environment, logger: { warn: () => undefined } }),
      clock: systemClock,
      settings: { reconcileSeconds: 0.2, driftPolicy },
    });
    await started.start();
    return started;
  };
  const offer = async (lxdSection: string, number: number): Promise<void> => {
    const outcome = await agent.offers.offer(localOffer(`${head}lxd: ${lxdSection}\n`));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    await statusWhen(agent, inForce(number));
  };
  const says = (part: string): Promise<void> =>
    eventually(() => expect(agent.readings.status().message).to.contain(part), 120_000);
  const nothing = async (number: number): Promise<void> => {
    const outcome = await agent.offers.offer(localOffer(head));
    if (outcome.result === 'refused') throw new Error(outcome.message);
    await statusWhen(agent, inForce(number));
  };

  it('changes to another revision and back, and restores the profile', async () => {
    const before = await lxd.profile('default');
    const first = '{profiles: [default], bpffs: true}';
    await offer(first, 1);
    const withBpffs = await lxd.profile('default');
    await offer(
      '{profiles: [default], devices: {srv: {type: disk, source: /srv, path: /srv}}, security: {nesting: true}}',
      2,
    );
    expect(await lxd.profile('default'))
      .to.contain('"srv":')
      .and.not.contain('sysfsbpf');
    await offer(first, 3);
    expect(await lxd.profile('default')).to.equal(withBpffs);
    await nothing(4);
    expect(await lxd.profile('default')).to.equal(before);
    const outcomes = (await agent.readings.revisions()).map(({ outcome }) => outcome?.changes);
    // The first one may have had to mount the BPF file system.
    expect(outcomes.slice(0, -1)).to.deep.equal([1, 1, 1]);
  });

  it('corrects changes of others, and keeps their additions', async () => {
    await offer('{profiles: [default], bpffs: true}', 1);
    const right = await lxd.profile('default');
    await lxd.lxc('profile', 'device', 'remove', 'default', 'sysfsbpf');
    await lxd.lxc('profile', 'device', 'add', 'default', 'theirs', 'none');
    const corrected = async (): Promise<boolean> =>
      (await lxd.profile('default')).includes('sysfsbpf":{');
    while (!(await corrected())) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await lxd.profile('default')).to.contain('"theirs":');
    await lxd.lxc('profile', 'device', 'remove', 'default', 'theirs');
    expect(await lxd.profile('default')).to.equal(right);
    await nothing(2);
  });

  it('only reports changes of others when that is the policy, and a new container is no drift', async () => {
    await agent.stop();
    agent = await startAgent(lxd.environment, 'report');
    await lxd.lxc('profile', 'copy', 'default', 'juju-k8s');
    await lxd.launch('juju-0', { profiles: ['juju-k8s'] });
    await offer('{profilesOf: juju-*, bpffs: true}', 1);
    await lxd.lxc('profile', 'copy', 'default', 'juju-other');
    await lxd.launch('juju-1', { profiles: ['juju-other'] });
    while (!(await lxd.profile('juju-other')).includes('sysfsbpf')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // A change by somebody else while ours still runs is a part of ours, and not drift.
    await statusWhen(agent, inForce(1));
    await lxd.lxc('profile', 'device', 'remove', 'juju-k8s', 'sysfsbpf');
    await statusWhen(agent, ({ state }) => state === 'drifted');
    const { fields } = await agent.operations.drift();
    expect(fields.map(({ kind, name, path: field }) => [kind, name, field])).to.deep.equal([
      ['LXDProfile', 'juju-k8s', 'devices.sysfsbpf'],
    ]);
    await agent.operations.correctDrift();
    await statusWhen(agent, ({ state }) => state === 'in-force');
    expect(await lxd.profile('juju-k8s')).to.contain('"sysfsbpf":');
    await nothing(2);
    for (const name of ['juju-0', 'juju-1']) await lxd.lxc('delete', '--force', name);
    for (const name of ['juju-k8s', 'juju-other']) await lxd.lxc('profile', 'delete', name);
  });

  it('rejects a configuration that names a profile that does not exist', async () => {
    await offer('{profiles: [default], bpffs: true}', 1);
    const before = await lxd.profile('default');
    await agent.offers.offer(localOffer(`${head}lxd: {profiles: [nope], bpffs: true}\n`));
    const status = await statusWhen(agent, ({ revisions }) => revisions.rejected.length > 0);
    expect(status.revisions.rejected[0]?.reason).to.contain('LXD has no profile "nope"');
    await statusWhen(agent, inForce(1));
    expect(await lxd.profile('default')).to.equal(before);
    await nothing(3);
  });

  it('waits without an error when there is no LXD', async () => {
    await agent.stop();
    agent = await startAgent({ LXD_DIR: '/nowhere' });
    await agent.offers.offer(localOffer(`${head}lxd: {profiles: [default], bpffs: true}\n`));
    const status = await statusWhen(agent, ({ message }) => message.includes('no LXD'));
    expect(status.state).to.equal('waiting');
    expect(await agent.lxd.report()).to.deep.include({ state: 'absent' });
  });

  it('goes on when LXD comes back', async () => {
    await lxd.kill();
    await agent.offers.offer(localOffer(`${head}lxd: {profiles: [default], bpffs: true}\n`));
    const status = await statusWhen(agent, ({ state }) => state === 'failed');
    expect(status.message).to.contain('cannot reach LXD');
    await lxd.start();
    await statusWhen(agent, inForce(1));
    expect(await lxd.profile('default')).to.contain('"sysfsbpf":');
    await nothing(2);
  });

  it('restarts those that need it one after the other, and no further than one that stays down', async () => {
    const names = ['k8s-0', 'k8s-1', 'k8s-2'];
    await lxd.lxc('profile', 'copy', 'default', 'k8s');
    const config = ['security.privileged=true'];
    await lxd.launch('k8s-0', { profiles: ['k8s'], config });
    await lxd.launch('k8s-1', { profiles: ['k8s'], config: [...config, 'environment.ONCE=yes'] });
    await lxd.launch('k8s-2', { profiles: ['k8s'], config });
    const pids = await Promise.all(names.map((name) => lxd.pid(name)));
    const section = (policy: string): string =>
      `{profiles: [k8s], sysctls: {net.ipv4.conf.all.rp_filter: 2}, restart: {policy: ${policy}, timeoutSeconds: 3}}`;
    await offer(section('never'), 1);
    await says('3 containers need a restart');
    expect(await agent.lxd.restart([]).catch((error: unknown) => error)).to.be.instanceOf(AppError);
    expect(await Promise.all(names.map((name) => lxd.pid(name)))).to.deep.equal(pids);
    await agent.offers.offer(localOffer(`${head}lxd: ${section('rolling')}\n`));
    await says('restarting stopped');
    const after = await Promise.all(names.map((name) => lxd.pid(name)));
    expect(after[0]).not.to.equal(pids[0]);
    expect(after.slice(1)).to.deep.equal([0, pids[2]]);
    // Also an agent that starts anew goes no further.
    await agent.stop();
    agent = await startAgent(lxd.environment);
    await says('restarting stopped');
    expect(await lxd.pid('k8s-2')).to.equal(pids[2]);
    // Until a person releases it.
    const { restarted } = await agent.lxd.restart(['k8s-2']);
    expect(restarted.map(({ name }) => name)).to.deep.equal(['k8s-2']);
    expect(await lxd.pid('k8s-2')).not.to.equal(pids[2]);
    await nothing(3);
    for (const name of names) await lxd.lxc('delete', '--force', name);
    await lxd.lxc('profile', 'delete', 'k8s');
  });
});
