/**
 * Three controllers over an etcd of three members, all of them real processes: in the middle of a rollout
 * of several waves the leader is killed, paused and cut off from etcd, and a member of etcd is killed.
 */
import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ControllerStatus, PushAnswer } from '../../controller/api/routes.ts';
import type { RolloutAnswer, RolloutStarted } from '../../controller/api/rollout-routes.ts';
import { AppError } from '../../runtime/errors.ts';
import { eventually } from '../support/eventually.ts';
import { startEtcdCluster, type EtcdCluster } from '../support/replicas/etcd-cluster.ts';
import { logFailures } from '../support/replicas/log-failures.ts';
import { makeReplica, type Replica } from '../support/replicas/replica.ts';
import { startRoamingAgents, type RoamingAgents } from '../support/replicas/roaming-agents.ts';
import { freePort } from '../support/servers/free-port.ts';
import { needsEtcd } from '../support/servers/etcd.ts';

const waves = [['a-0'], ['b-0', 'b-1'], ['c-0', 'c-1'], ['d-0', 'd-1'], ['e-0']] as const;
const nodes = waves.flat();
const earlier = 'global-as-number: 64512\n';
const wanted = 'global-as-number: 64513\n';
const strategy = {
  apiVersion: 'calico-agent/v1',
  kind: 'RolloutStrategy',
  waves: waves.slice(0, -1).map((names) => ({ nodes: names })),
  settle: '0s',
};

describe('three controllers over an etcd of three members', function () {
  this.timeout(240_000);
  this.bail(true);
  let folder: string;
  let etcd: EtcdCluster;
  let replicas: Replica[];
  let agents: RoamingAgents;
  const ends: Promise<void>[] = [];
  /** The last test judges it, and a failure before that is not unhandled. */
  const judgeAtEnd = (end: Promise<void>): void => {
    end.catch(() => undefined);
    ends.push(end);
  };
  const undo: (() => Promise<unknown>)[] = [];
  before(async function () {
    needsEtcd(this);
    folder = await mkdtemp(path.join(tmpdir(), 'calico-replicas-'));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    etcd = await startEtcdCluster(folder);
    undo.push(
      () => etcd.stop(),
      () => Promise.all(replicas.map((replica) => replica.stop())),
    );
    replicas = [];
    const ports: number[] = [...etcd.ports];
    for (const name of ['one', 'two', 'three']) {
      const port = await freePort(ports);
      ports.push(port);
      const members = etcd.ports;
      replicas.push(await makeReplica(path.join(folder, name), { port, members }));
    }
    await Promise.all(replicas.map((replica) => replica.start()));
    agents = startRoamingAgents({
      nodes,
      controllers: replicas.map(({ listen }) => listen),
      tokenFile: path.join(folder, 'one', 'token'),
      held: wanted,
    });
    undo.push(() => agents.stop());
  });
  after(async () => {
    for (const one of undo.toReversed()) await one();
  });
  logFailures(() => replicas);

  /** @param but not this one */
  const leader = async (but?: Replica): Promise<Replica> => {
    let found: Replica | undefined;
    await eventually(async () => {
      for (const replica of replicas) {
        if (replica === but) continue;
        const status = await replica
          .ask<ControllerStatus>('GET', '/v1/status')
          .catch(() => undefined);
        if (status?.problem === undefined && status !== undefined) found = replica;
      }
      expect(found, 'one leads').not.to.equal(undefined);
    });
    if (found === undefined) throw new Error('no controller leads');
    return found;
  };
  /** The leader may lose its lease on a busy machine: then the next one is asked. */
  const ask = async <T>(...request: Parameters<Replica['ask']>): Promise<T> => {
    for (;;) {
      try {
        return await (await leader()).ask<T>(...request);
      } catch (error) {
        if (!(error instanceof AppError) || !error.retryable) throw error;
      }
    }
  };
  const given = (node: string, text: string): boolean =>
    agents.log.some((one) => one.node === node && one.what === 'given' && one.text === text);
  const waveBegins = (index: number): Promise<void> =>
    eventually(() => {
      for (const node of waves[index] ?? []) expect(given(node, wanted), node).to.equal(true);
    });
  const release = (index: number): void => agents.release(waves[index] ?? []);

  it('begin a rollout, with agents at each of them', async () => {
    await eventually(async () => {
      const { connected } = await ask<ControllerStatus>('GET', '/v1/status');
      expect(connected).to.equal(nodes.length);
    });
    const pushed = await ask<PushAnswer>('PUT', '/v1/config?by=test&wait=60', {
      mediaType: 'application/yaml',
      body: earlier,
    });
    expect(pushed.revision.number).to.equal(1);
    // It is refused as long as the confirmations are not stored. A leader that loses its lease may
    // have begun it without an answer.
    await eventually(async () => {
      const { rollout } = await ask<RolloutAnswer>('GET', '/v1/rollout');
      if (rollout?.number === 2) return;
      await ask<RolloutStarted>('POST', '/v1/rollout?by=test', {
        mediaType: 'application/json',
        body: JSON.stringify({ text: wanted, mediaType: 'application/yaml', strategy }),
      });
    });
    await waveBegins(0);
  });

  it('go on where the leader was killed', async () => {
    const old = await leader();
    await old.kill();
    release(0);
    await waveBegins(1);
    judgeAtEnd(old.start());
  });

  it('go on where the leader was paused, which then ends', async () => {
    const old = await leader();
    const replaced = old.replaced();
    old.pause();
    release(1);
    await waveBegins(2);
    old.resume();
    judgeAtEnd(replaced);
  });

  it('go on where the leader was cut off from etcd, which ends by itself', async () => {
    const old = await leader();
    const replaced = old.replaced();
    old.cutOff(true);
    release(2);
    await waveBegins(3);
    judgeAtEnd(replaced);
  });

  it('go on where a member of etcd was killed', async () => {
    await etcd.kill(0);
    release(3);
    await waveBegins(4);
    release(4);
    await eventually(async () => {
      const { rollout } = await ask<RolloutAnswer>('GET', '/v1/rollout');
      expect(rollout?.phase).to.equal('done');
    });
  });

  it('have repeated no wave and skipped none, and all nodes have the same revision', async () => {
    // Those that were paused and cut off have ended by themselves, and stand by after a new start.
    for (const replica of replicas) replica.cutOff(false);
    await Promise.all(ends);
    const { rollout } = await ask<RolloutAnswer>('GET', '/v1/rollout');
    const newest = rollout?.newest ?? 0;
    await eventually(() => expect(agents.accepted()).to.deep.equal(nodes.map(() => newest)));
    // The configuration of before, that of the waves, and at last the cluster-wide resources.
    expect(newest).to.equal(3);
    for (const node of nodes) {
      const numbers = agents.log
        .filter((one) => one.node === node && one.what === 'given')
        .map(({ number }) => number);
      expect([...new Set(numbers)], node).to.deep.equal([1, 2, 3]);
      expect(numbers, node).to.deep.equal(numbers.toSorted((one, other) => one - other));
    }
    for (const [index, names] of waves.entries()) {
      for (const later of waves[index + 1] ?? []) {
        for (const node of names) {
          expect(at(node, 'confirmed'), `${node} before ${later}`).to.be.lessThan(
            at(later, 'given'),
          );
        }
      }
    }
  });

  const at = (node: string, what: 'given' | 'confirmed'): number =>
    agents.log.findIndex((one) => one.node === node && one.what === what && one.number === 2);
});
