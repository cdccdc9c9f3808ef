/**
 * What the built agent needs in a memory cgroup with its unit's limit, while a hostile datastore, etcd
 * or an API server, gives it as much as one reading may hold, again and again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { createEtcdClient } from '../runtime/etcd/etcd-client.ts';
import { startEtcd } from '../test/support/servers/etcd.ts';
import { hostileObjects, type HostileObjects } from './hostile-objects.ts';
import { get } from './measure.ts';

const mib = 2 ** 20;
/** MemoryMax of systemd/calico-agent.service. */
const limitBytes = 320 * mib;
const rounds = 2;
const readings = ['/v1/drift', '/v1/export', '/v1/adoptable'];
const calico = '/calico/resources/v3/projectcalico.org';
const config = 'global-as-number: 65001\n';

export async function benchReading(): Promise<void> {
  const group = openGroup();
  if (group === undefined) {
    console.log('reading: skipped, there is no memory cgroup that this user may change');
    return;
  }
  console.log('reading: MB at most of the agent in a cgroup of 320 MB, and what it answered');
  for (const objects of hostileObjects) {
    await inEtcd(objects, (datastore) => measure(group, `etcd, ${objects.name}`, datastore));
    for (const pages of ['with-pages', 'without-pages']) {
      await inApiServer(objects, pages, (datastore) =>
        measure(group, `Kubernetes ${pages}, ${objects.name}`, datastore),
      );
    }
  }
  rmdirSync(group);
}

async function inEtcd(objects: HostileObjects, use: (datastore: object) => Promise<void>) {
  const etcd = await startEtcd({ args: ['--quota-backend-bytes', String(2 ** 31)] });
  const endpoints = [etcd.endpoint];
  const client = createEtcdClient(() => Promise.resolve({ endpoints, timeoutMs: 10_000 }));
  try {
    const ready = { metadata: { name: 'default' }, spec: { datastoreReady: true } };
    await etcd.put(`${calico}/clusterinformations/default`, {
      apiVersion: 'projectcalico.org/v3',
      kind: 'ClusterInformation',
      ...ready,
    });
    const texts = Array.from({ length: Math.floor(objects.count) }, (_, index) => index);
    const together = objects.count > 1000 ? 100 : 3;
    for (let from = 0; from < texts.length; from += together) {
      const writes = texts.slice(from, from + together).map((index) => ({
        put: `${calico}/bgppeers/peer-${String(index)}`,
        value: objects.text(index),
      }));
      await client.commit({ compares: [], writes, otherwise: [] });
    }
    await use({ driver: 'etcd', endpoints });
  } finally {
    client.close();
    await etcd.stop();
  }
}

async function inApiServer(
  { name }: HostileObjects,
  pages: string,
  use: (datastore: object) => Promise<void>,
): Promise<void> {
  const program = fileURLToPath(new URL('api-server-stand-in.child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, name, pages], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [port] = await once(child.stdout, 'data');
    await use({ driver: 'kubernetes', server: `http://127.0.0.1:${String(port).trim()}` });
  } finally {
    child.kill('SIGKILL');
  }
}

async function measure(group: string, what: string, datastore: object): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-reading-'));
  const at = (name: string): string => path.join(folder, name);
  const settings = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
    stateDirectory: at('state'),
    socket: at('agent.sock'),
    statusSocket: at('status.sock'),
    datastore,
  };
  await writeFile(at('agent.yaml'), JSON.stringify(settings));
  const argv = ['dist/calico-agent.js', 'run', '--config', at('agent.yaml')];
  const enter = `echo $$ > "${group}/cgroup.procs"; exec "$@"`;
  const child = spawn('sh', ['-c', enter, 'sh', process.execPath, ...argv], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const answers = new Map<string, number>();
  const count = (answer: string): void => void answers.set(answer, (answers.get(answer) ?? 0) + 1);
  const socket = at('agent.sock');
  for (let tries = 0; tries < 100; tries += 1) {
    if (await get(socket, '/v1/status').catch(() => undefined)) break;
    await wait(100);
  }
  await get(socket, '/v1/config', {
    method: 'PUT',
    body: config,
    contentType: 'application/yaml',
  }).catch(() => undefined);
  for (let round = 0; round < rounds; round += 1) {
    for (const reading of readings) {
      await get(socket, reading).then(
        () => count('answered'),
        (error: unknown) => count(String(error).slice(0, 220)),
      );
    }
  }
  console.log(`  ${what}: ${peakMb(child)} MB, ${[...answers].map(String).join('; ')}`);
  child.kill('SIGKILL');
  const [code, signal] = await ended;
  if (code !== null || signal !== 'SIGKILL' || answers.size === 0) console.log('    it had ended');
  await rm(folder, { recursive: true });
}

/** The daemon's; the process in which it decides has a limit of its own. */
function peakMb({ pid }: ChildProcess): string {
  try {
    const text = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1]) / 1024).toFixed(0);
  } catch {
    return 'ended, unknown';
  }
}

/** A new group with the limit; undefined: it cannot be made. */
function openGroup(): string | undefined {
  for (const [parent, limit] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const) {
    const group = path.join(parent, `calico-agent-bench-${String(process.pid)}`);
    try {
      mkdirSync(group);
      if (existsSync(path.join(group, limit))) {
        writeFileSync(path.join(group, limit), String(limitBytes));
        return group;
      }
      rmdirSync(group);
    } catch {
      // Another version of cgroups, or no right.
    }
  }
  return undefined;
}
