/**
 * Measures from an accepted revision to its last write, for 1, 10 and 100 new peers: the built
 * daemon with the files driver beside etcd, alternating. There are no guard routes and no BIRD, so
 * no gate waits for either.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startEtcd, type RunningEtcd } from '../../test/support/servers/etcd.ts';
import { bareClient } from '../datastores/etcd.ts';
import { get, median, start, stop } from '../measure.ts';

const sizes = [1, 10, 100];
const rounds = 7;
const prefix = '/calico/resources/v3/projectcalico.org/';

export async function benchChange(): Promise<void> {
  const hasEtcd = spawnSync('etcd', ['--version'], { stdio: 'ignore' }).error === undefined;
  const etcd = hasEtcd ? await startEtcd({ isDurable: true }) : undefined;
  try {
    for (const size of sizes) {
      const files: number[] = [];
      const stored: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        files.push(await timeFiles(size));
        if (etcd !== undefined) stored.push(await timeEtcd(etcd, size));
      }
      const etcdText = stored.length === 0 ? '-' : `${median(stored).toFixed(0)} ms`;
      console.log(
        `change: ${String(size).padStart(3)} peers, accepted to last write: files ${median(files).toFixed(0)} ms, ` +
          `etcd ${etcdText} (medians of ${String(rounds)})`,
      );
    }
  } finally {
    await etcd?.stop();
  }
}

function timeFiles(size: number): Promise<number> {
  return timeChange(size, { driver: 'files' }, async (folder) => {
    const names = await readdir(path.join(folder, 'state/resources')).catch(() => []);
    return names.filter((name) => /^[^.].*bgppeer.*\.yaml$/.test(name)).length;
  });
}

async function timeEtcd(etcd: RunningEtcd, size: number): Promise<number> {
  await etcd.etcdctl('del', '--prefix', '/');
  for (const [key, kind, name, spec] of [
    ['clusterinformations/default', 'ClusterInformation', 'default', { datastoreReady: true }],
    ['nodes/node-0', 'Node', 'node-0', { bgp: { ipv4Address: '10.0.0.2/24' } }],
  ] as const) {
    const object = { apiVersion: 'projectcalico.org/v3', kind, metadata: { name }, spec };
    await etcd.put(`${prefix}${key}`, JSON.stringify(object));
  }
  const bare = bareClient(etcd);
  try {
    const datastore = { driver: 'etcd', endpoints: [etcd.endpoint] };
    return await timeChange(size, datastore, async () => {
      const { ranges } = await bare.read([{ prefix: `${prefix}bgppeers/` }]);
      return ranges.flat().length;
    });
  } finally {
    bare.close();
  }
}

async function timeChange(
  size: number,
  datastore: object,
  countPeers: (folder: string) => Promise<number>,
): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-bench-change-'));
  const at = (name: string): string => path.join(folder, name);
  const settings = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
    stateDirectory: at('state'),
    socket: at('agent.sock'),
    statusSocket: at('status.sock'),
    datastore,
    bird: { sockets: [] },
    changes: { guard: 'never' },
    log: { level: 'error' },
  };
  await writeFile(at('agent.yaml'), JSON.stringify(settings));
  const running = await start(
    ['dist/calico-agent.js', 'run', '--config', at('agent.yaml')],
    at('agent.sock'),
    '/v1/health',
  );
  try {
    const body = configOf(size);
    await get(at('agent.sock'), '/v1/config', {
      method: 'PUT',
      body,
      contentType: 'application/yaml',
    });
    const began = performance.now();
    while ((await countPeers(folder)) < size) await setTimeout(1);
    return performance.now() - began;
  } finally {
    await stop(running);
    await rm(folder, { recursive: true });
  }
}

function configOf(size: number): string {
  const peers = Array.from(
    { length: size },
    (_, index) => `{address: 10.9.0.${String(index + 1)}, as-number: 65001}`,
  );
  return `global-as-number: 65000\nnode-to-node-mesh: true\nglobal-bgp-peers: [${peers.join(', ')}]\n`;
}
