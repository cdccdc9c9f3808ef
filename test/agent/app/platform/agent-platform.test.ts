/** The whole agent on a node that is K3s by its files; the helper's code writes below a root folder. */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeHostFile } from '../../../../agent/adapters/host-changes/write-host-file.ts';
import { createHostFiles } from '../../../../agent/adapters/host-files/host-files.ts';
import { createHostEditFiles } from '../../../../agent/adapters/state-directory/host-edit-files.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { createPlatformSource } from '../../../../agent/app/platform/read-platform.ts';
import { createHostChanges } from '../../../../agent/app/platform/host-changes.ts';
import type { Cluster } from '../../../../agent/ports/platform/cluster.ts';
import type { HostWriter } from '../../../../agent/ports/platform/host-writer.ts';
import type {
  ClusterNode,
  ObservedLoadBalancers,
} from '../../../../core/platform/cluster/observed-cluster.ts';
import { withoutUndefined } from '../../../../core/without-undefined.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import {
  agentOn,
  inForce,
  localOffer,
  statusWhen,
  type AgentOn,
} from '../../../support/agents/agent-on.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import { passToNextTimer } from '../../../support/clocks/pass-to-next-timer.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const section = `${head}platform: k3s\nk3s: {disable: [servicelb]}\n`;
const other = `${head}platform: k3s\nk3s: {disable: [traefik]}\n`;
const dropIn = '/etc/rancher/k3s/config.yaml.d/zz-calico-agent.yaml';
const mine = 'config.yaml.d/10-mine.yaml';
const hourMs = 3_600_000;

describe('the agent of a node with files of a platform', () => {
  let root: string;
  let clock: ManualClock;
  let agent: RunningAgent;
  let obstacle: string | undefined;
  let datastore: MemoryDatastore;
  let restarts: { readonly service: string; readonly atMs: number }[];

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'agent-platform-'));
    await mkdir(path.join(root, '/etc/systemd/system'), { recursive: true });
    await mkdir(path.join(root, '/etc/rancher/k3s/config.yaml.d'), { recursive: true });
    await writeFile(
      path.join(root, '/etc/systemd/system/k3s.service'),
      '[Service]\nExecStart=/usr/local/bin/k3s server\n',
    );
    await writeFile(path.join(root, '/etc/rancher/k3s', mine), '# mine\ncluster-domain: a.b\n');
    clock = createManualClock();
    obstacle = undefined;
    restarts = [];
  });
  afterEach(async () => {
    await agent.stop();
    await rm(root, { recursive: true });
  });

  const writer: HostWriter = {
    obstacle: () => Promise.resolve(obstacle),
    write: async (file, before, content) =>
      void (await writeHostFile(root, { path: file, before, text: content })),
    remove: async (file, before) => void (await writeHostFile(root, { path: file, before })),
    restart: (service) => Promise.resolve(void restarts.push({ service, atMs: clock.elapsed() })),
  };

  const start = async (cluster?: Cluster, settings?: AgentOn['settings']): Promise<void> => {
    const state = path.join(root, 'state');
    const read = {
      files: createHostFiles(root),
      programs: {
        k3sVersion: () => Promise.resolve('k3s version v1.31.4+k3s1'),
        links: () => Promise.resolve([]),
        filterRules: () => Promise.resolve(undefined),
      },
    };
    const host = createHostChanges({
      ...read,
      writer,
      edits: createHostEditFiles(state, silentLogger),
    });
    datastore = createMemoryDatastore();
    agent = agentOn({
      ...{ folder: state, datastore, host, clock, platform: createPlatformSource(read) },
      ...(cluster && { cluster }),
      ...(settings && { settings }),
    });
    await agent.start();
  };

  const text = (): Promise<string | undefined> =>
    readFile(path.join(root, dropIn), 'utf8').catch(() => undefined);
  const offer = async (document: string): Promise<void> => {
    const outcome = await agent.offers.offer(localOffer(document));
    if (outcome.result === 'refused') throw new Error(outcome.message);
  };
  /** Lets time pass until the status is so; fails after an hour of it. */
  const until = async (isSo: (status: AgentStatus) => boolean): Promise<AgentStatus> => {
    const endMs = clock.elapsed() + hourMs;
    while (!isSo(agent.readings.status())) {
      if (clock.elapsed() > endMs) expect.fail(agent.readings.status().message);
      await passToNextTimer(clock);
    }
    return agent.readings.status();
  };

  it('writes the file, restarts the service, and puts all bytes back without the section', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    expect(await text()).to.include('servicelb');
    expect(restarts.map(({ service }) => service)).to.deep.equal(['k3s.service']);
    await offer(head);
    await until(inForce(2));
    expect(restarts).to.have.length(2);
    expect(await readdir(path.join(root, '/etc/rancher/k3s/config.yaml.d'))).to.deep.equal([
      '10-mine.yaml',
    ]);
    const kept = await readFile(path.join(root, '/etc/rancher/k3s', mine), 'utf8');
    expect(kept).to.equal('# mine\ncluster-domain: a.b\n');
  });

  it('goes back to the file of the previous revision', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    const first = await text();
    await offer(other);
    await until(inForce(2));
    expect(await text()).to.include('traefik');
    await agent.operations.rollback({ by: 'test' });
    await until(inForce(1));
    expect(await text()).to.equal(first);
    expect(restarts).to.have.length(3);
  });

  it('corrects what somebody changed in it, and restarts the service, without being asked', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    const written = await text();
    await writeFile(path.join(root, dropIn), 'cluster-domain: theirs\n');
    await until(() => restarts.length === 2);
    await until(inForce(1));
    expect(await text()).to.equal(written);
  });

  it('says in the status what the platform is, what is in force, and which file somebody changed', async () => {
    await start(undefined, { driftPolicy: 'report' });
    // Without a section the name is looked up once.
    await statusWhen(agent, ({ platform }) => platform !== undefined);
    expect(agent.readings.status().platform).to.deep.equal({ name: 'k3s' });
    await offer(section);
    const { platform } = await until(inForce(1));
    expect(platform).to.deep.include({
      name: 'k3s',
      version: 'v1.31.4+k3s1',
      role: 'server',
      editedFiles: 1,
    });
    expect(platform).to.not.have.property('restartsDue');
    await writeFile(path.join(root, dropIn), 'cluster-domain: theirs\n');
    const { drift } = await until(({ state }) => state === 'drifted');
    expect(drift).to.include({ objects: 1, files: 1 });
  });

  it('changes nothing without the helper, says what to do, and goes on when it is there', async () => {
    obstacle = 'the helper does not listen';
    await start();
    await offer(section);
    const { state, message } = await until((one) => one.message.includes('does not listen'));
    expect(state).to.equal('waiting');
    expect(message).to.include('calico-agent plan ends with the commands');
    expect(message.split('does not listen')).to.have.length(2);
    expect([await text(), restarts]).to.deep.equal([undefined, []]);
    obstacle = undefined;
    await until(inForce(1));
    expect(await text()).to.include('servicelb');
    expect(restarts).to.have.length(1);
  });

  it('changes Calico without the helper, and waits for it with the files alone', async () => {
    obstacle = 'the helper does not listen';
    await start();
    await offer(`${section}bgp: { asNumber: 64999 }\n`);
    const { revisions } = await until((one) => one.message.includes('does not listen'));
    expect(JSON.stringify(datastore.contents())).to.include('64999');
    expect([await text(), restarts, revisions.inForce]).to.deep.equal([undefined, [], undefined]);
    obstacle = undefined;
    await until(inForce(1));
    expect(await text()).to.include('servicelb');
  });

  it('waits for what comes after files that a person edited', async () => {
    await mkdir(path.join(root, '/var/lib/rancher/k3s/server/tls'), { recursive: true });
    obstacle = 'the helper does not listen';
    await start();
    await offer(`${head}platform: k3s\nk3s: {loadBalancer: metallb}\n`);
    await until((one) => one.message.includes('does not listen'));
    const planned = await agent.offers.plan();
    const edit = planned.ok
      ? planned.plan.byHand?.find(({ title }) => title.startsWith('Edit'))
      : undefined;
    const commands = edit?.commands.join('\n').replaceAll(dropIn, path.join(root, dropIn)) ?? '';
    execFileSync('sh', ['-e'], { input: `${commands}\n`, stdio: ['pipe', 'pipe', 'pipe'] });
    expect(await text()).to.include('servicelb');
    const { message } = await until(({ state }) => state === 'awaiting-gate');
    expect(message).to.include('see that nothing of ServiceLB is left');
    await agent.operations.doneByHand();
    await until(inForce(1));
  });

  it('keeps what is in force while the folder of its file cannot be read, and says why', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    const folder = path.join(root, '/etc/rancher/k3s/config.yaml.d');
    await rename(folder, path.join(root, 'elsewhere'));
    await symlink('/elsewhere', folder);
    await offer(other);
    const { message } = await until((one) => one.message.includes('cannot be read'));
    expect(message).to.include('config.yaml.d');
    await rm(folder);
    await rename(path.join(root, 'elsewhere'), folder);
    expect(await text()).to.include('servicelb');
    expect(restarts).to.have.length(1);
  });

  it('waits for a person before and after a change that it cannot see through', async () => {
    await mkdir(path.join(root, '/var/lib/rancher/k3s/server/tls'), { recursive: true });
    await start();
    await offer(`${head}platform: k3s\nk3s: {loadBalancer: metallb}\n`);
    const waits = ({ state }: AgentStatus): boolean => state === 'awaiting-gate';
    const { message } = await until(waits);
    expect(message).to.include('a person has done what comes before');
    expect([await text(), restarts]).to.deep.equal([undefined, []]);
    expect((await agent.operations.doneByHand())?.number).to.equal(1);
    await until(() => restarts.length === 1);
    const after = await until(waits);
    expect(after.message).to.include('see that nothing of ServiceLB is left');
    expect(after.revisions).not.to.have.property('inForce');
    const planned = await agent.offers.plan();
    expect(planned.ok && planned.plan.byHand?.map(({ title }) => title)).to.deep.equal([
      'When all servers are restarted: see that nothing of ServiceLB is left',
      'Then: wait for MetalLB, and give it pools and an advertisement',
    ]);
    await agent.stop();
    await start();
    await until(waits);
    await agent.operations.doneByHand();
    await until(inForce(1));
    expect(restarts).to.have.length(1);
    await offer(head);
    await until(inForce(2));
    const before = restarts.length;
    await offer(`${head}platform: k3s\nk3s: {loadBalancer: metallb}\n`);
    const again = await until(waits);
    expect(again.message, 'it is another change').to.include('a person has done what comes before');
    expect(restarts).to.have.length(before);
  });

  it('switches load balancers when services and DaemonSets show that only one answers', async () => {
    await mkdir(path.join(root, '/var/lib/rancher/k3s/server/tls'), { recursive: true });
    const web = { namespace: 'default', name: 'web', addresses: ['10.0.0.2'] };
    const metalLb = (pools: readonly string[]): ObservedLoadBalancers['metalLb'] => ({
      namespace: 'metallb-system',
      pools: pools.map((name) => ({ name, addresses: [] })),
      advertisements: pools.length,
    });
    let seen: ObservedLoadBalancers = {
      services: [{ ...web, answeredBy: ['servicelb'] }],
      serviceLb: { daemonSets: 1 },
      ...withoutUndefined({ metalLb: metalLb(['lan']) }),
    };
    await start({ ...clusterOf('node-0'), loadBalancers: () => Promise.resolve(seen) });
    await offer(`${head}platform: k3s\nk3s: {loadBalancer: metallb}\n`);
    const waitsFor = (what: string) => (status: AgentStatus) =>
      status.state === 'awaiting-gate' && status.message.includes(what);
    await until(waitsFor('MetalLB has no address pools, because both would answer (now: lan)'));
    expect([await text(), restarts]).to.deep.equal([undefined, []]);
    seen = { ...seen, ...withoutUndefined({ metalLb: metalLb([]) }) };
    await until(waitsFor('ServiceLB has no DaemonSets any more (now: 1)'));
    expect(restarts).to.have.length(1);
    seen = { ...seen, services: [{ ...web, answeredBy: [] }], serviceLb: { daemonSets: 0 } };
    await until(waitsFor('MetalLB answers for default/web'));
    seen = { ...seen, services: [{ ...web, answeredBy: ['metallb'] }] };
    const { revisions } = await until(inForce(1));
    expect(revisions.confirmed?.number).to.equal(1);
  });

  it('waits for what the restart has begun, and takes it for no change that is missing', async () => {
    await mkdir(path.join(root, '/var/lib/rancher/k3s/server/tls'), { recursive: true });
    let daemonSets: number | undefined;
    await start({
      ...clusterOf('node-0'),
      loadBalancers: () =>
        Promise.resolve({
          services: [],
          serviceLb: { daemonSets: daemonSets ?? restarts.length },
        }),
    });
    await offer(`${head}platform: k3s\nk3s: {loadBalancer: metallb}\n`);
    const messages: string[] = [];
    await until(({ state, message }) => {
      messages.push(message);
      return state === 'awaiting-gate' && message.includes('no DaemonSets any more (now: 1)');
    });
    expect(messages.filter((one) => one.includes('read back'))).to.deep.equal([]);
    daemonSets = 0;
    await until(inForce(1));
  });

  it('goes on after it was started anew while it waited for its turn, and restarts once', async () => {
    await start(clusterOf('node-0', 'node-1'));
    await offer(section);
    await until(({ state }) => state === 'awaiting-gate');
    const written = await text();
    await agent.stop();
    expect(restarts).to.deep.equal([]);
    await start(clusterOf('node-0', 'node-1'));
    await until(inForce(1));
    expect([await text(), restarts.length]).to.deep.equal([written, 1]);
  });

  it('restarts at once where neither other nodes nor their reports can be read', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    expect(restarts).to.deep.equal([{ service: 'k3s.service', atMs: 0 }]);
  });

  it('restarts when all nodes were Ready for a minute, and says for what it waits', async () => {
    await start(clusterOf('node-0', 'node-1'));
    await offer(section);
    const { message } = await until(({ state }) => state === 'awaiting-gate');
    expect(message).to.include('every node is Ready');
    expect(await text()).to.include('servicelb');
    const begunMs = clock.elapsed();
    await until(inForce(1));
    expect((restarts[0]?.atMs ?? 0) - begunMs).to.be.within(55_000, 70_000);
  });
});

function clusterOf(...names: readonly string[]): Cluster {
  const none = (): Promise<never> => Promise.reject(new Error('nobody asks for this'));
  const nodes = names.map((name): ClusterNode => {
    const empty = { roles: [], addresses: [], podCidrs: [] };
    return { name, ready: true, unschedulable: false, isControlPlane: false, ...empty };
  });
  return {
    nodes: () => Promise.resolve(nodes),
    node: (name) => Promise.resolve(nodes.find((one) => one.name === name)),
    observe: () => Promise.resolve({ objects: [], workloads: [], strayPods: [] }),
    preflight: () => Promise.resolve([]),
    ...{ workload: none, rollout: none, daemonSets: none, pods: none, podsOutside: none },
    ...{ loadBalancers: none, counts: none, apply: none, close: () => Promise.resolve() },
  };
}
