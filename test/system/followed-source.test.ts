/**
 * Two controllers over one etcd, both real processes, follow a working tree of git with a strategy: what is new
 * comes by a rollout, a later content waits for its end, and nothing begins twice where the leader is killed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { RolloutsAnswer } from '../../controller/api/rollout-routes.ts';
import type { ControllerStatus } from '../../controller/api/routes.ts';
import type { SourceView } from '../../controller/app/source/follow-source.ts';
import { eventually } from '../support/eventually.ts';
import { logFailures } from '../support/replicas/log-failures.ts';
import { makeReplica, type Replica } from '../support/replicas/replica.ts';
import { startRoamingAgents, type RoamingAgents } from '../support/replicas/roaming-agents.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../support/servers/etcd.ts';
import { freePort } from '../support/servers/free-port.ts';
import { lacks } from '../support/skips/needs.cjs';

const nodes = ['canary', 'other'] as const;
const configOf = (asNumber: number): string => `global-as-number: ${String(asNumber)}\n`;
const [held, later] = [configOf(64_513), configOf(64_514)];
const strategy = `apiVersion: calico-agent/v1
kind: RolloutStrategy
waves: [{ name: first, nodes: [canary] }]
settle: 0s
`;

describe('two controllers that follow a working tree with a strategy', function () {
  this.timeout(240_000);
  this.bail(true);
  let folder: string;
  let tree: string;
  let etcd: RunningEtcd;
  let agents: RoamingAgents;
  const replicas: Replica[] = [];
  const undo: (() => Promise<unknown>)[] = [];
  before(async function () {
    needsEtcd(this);
    if (spawnSync('git', ['--version']).status !== 0) {
      lacks('the program git', 'git', 'git');
      this.skip();
    }
    folder = await mkdtemp(path.join(tmpdir(), 'calico-followed-'));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    tree = path.join(folder, 'tree');
    await mkdir(tree);
    git('init', '--quiet');
    await writeFile(path.join(folder, 'waves.yaml'), strategy);
    etcd = await startEtcd();
    undo.push(() => etcd.stop());
    const ports: number[] = [etcd.port];
    for (const name of ['one', 'two']) {
      const port = await freePort(ports);
      ports.push(port);
      const follow = ['--source', tree, '--source-file', 'lab.yaml', '--source-push'];
      const args = [...follow, '--source-strategy', path.join(folder, 'waves.yaml')];
      replicas.push(
        await makeReplica(path.join(folder, name), { port, members: [etcd.port], args }),
      );
    }
    undo.push(() => Promise.all(replicas.map((replica) => replica.stop())));
    await Promise.all(replicas.map((replica) => replica.start()));
    agents = startRoamingAgents({
      ...{ nodes, held, tokenFile: path.join(folder, 'one', 'token') },
      controllers: replicas.map(({ listen }) => listen),
    });
    undo.push(() => agents.stop());
  });
  after(async () => {
    for (const one of undo.toReversed()) await one();
  });
  logFailures(() => replicas);

  const git = (...args: readonly string[]): string => {
    const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org'];
    return execFileSync('git', ['-C', tree, ...who, ...args], { encoding: 'utf8' });
  };
  /** @returns the beginning of the commit */
  const commit = async (text: string): Promise<string> => {
    await writeFile(path.join(tree, 'lab.yaml'), text);
    git('add', '.');
    git('commit', '-m', 'a change');
    return git('rev-parse', 'HEAD').slice(0, 12);
  };
  const leader = async (): Promise<Replica> => {
    let found: Replica | undefined;
    await eventually(async () => {
      const states = replicas.map(async (replica) => {
        const asked = replica.ask<ControllerStatus>('GET', '/v1/status').catch(() => undefined);
        return { replica, status: await asked };
      });
      const led = (await Promise.all(states)).filter(
        ({ status }) => status !== undefined && status.problem === undefined,
      );
      expect(led, 'one leads').to.have.length(1);
      found = led[0]?.replica;
    });
    if (found === undefined) throw new Error('no controller leads');
    return found;
  };
  const source = async (): Promise<SourceView> => (await leader()).ask('GET', '/v1/source');
  const waits = (): Promise<void> =>
    eventually(async () => {
      expect(await source()).to.include({
        state: 'waiting',
        why: 'the rollout of revision 1 is running, and the file waits for its end: calico-controller rollout status',
      });
    });
  /** The lease of a leader that was killed would expire after some seconds. */
  const endLead = async (): Promise<void> => {
    const key = '/calico-controller/default/leader/fleet';
    const fields = await etcd.etcdctl('get', '-w', 'fields', key);
    const [, id] = /"Lease" : (\d+)/u.exec(fields) ?? [];
    if (id !== undefined) await etcd.etcdctl('lease', 'revoke', BigInt(id).toString(16));
  };
  const given = (text: string): readonly string[] => {
    const them = agents.log.filter((one) => one.what === 'given' && one.text === text);
    return [...new Set(them.map(({ node }) => node))];
  };
  const allConnected = (): Promise<void> =>
    eventually(async () => {
      const { connected } = await (await leader()).ask<ControllerStatus>('GET', '/v1/status');
      expect(connected).to.equal(nodes.length);
    });

  it('bring what is new to the canary first, and say why a later content waits', async () => {
    await allConnected();
    const id = await commit(held);
    await eventually(() => expect(given(held)).to.deep.equal(['canary']));
    const by = `source ${path.join(tree, 'lab.yaml')}, commit ${id} by Ann <ann@example.org>`;
    await eventually(async () => {
      const { revision } = await (await leader()).ask<ControllerStatus>('GET', '/v1/status');
      expect(revision).to.include({ number: 1, by });
    });
    await commit(later);
    await waits();
  });

  it('go on where the leader was killed, and begin nothing twice', async () => {
    await (await leader()).kill();
    await endLead();
    await waits();
    await allConnected();
    agents.release(nodes);
    await eventually(async () => {
      const view = await source();
      expect(view.state).to.equal('same');
      expect(view).not.to.have.property('why');
    });
    // Each has a revision for its waves, and one with the cluster-wide resources.
    const both = [
      [3, 'done', 4],
      [1, 'done', 2],
    ];
    await eventually(async () => {
      const { rollouts } = await (await leader()).ask<RolloutsAnswer>('GET', '/v1/rollouts');
      expect(rollouts.map(({ number, phase, newest }) => [number, phase, newest])).to.deep.equal(
        both,
      );
    });
    expect(given(later)).to.deep.equal(['canary', 'other']);
  });
});
