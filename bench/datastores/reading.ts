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
import { createEtcdClient } from '../../runtime/etcd/etcd-client.ts';
import { startEtcd } from '../../test/support/servers/etcd.ts';
import { hostileObjects, type HostileObjects } from './hostile-objects.ts';
import { get } from '../measure.ts';

const mib = 2 ** 20;
/** MemoryMax of systemd/calico-agent.service. */
const limitBytes = 320 * mib;
const rounds = 2;
const sampleMs = 50;
const readings = ['/v1/drift', '/v1/export', '/v1/adoptable'];
const calico = '/calico/resources/v3/projectcalico.org';
const config = 'global-as-number: 65001\n';

export async function benchReading(): Promise<void> {
  const group = openGroup();
  if (group === undefined) {
    console.log('reading: skipped, there is no memory cgroup that this user may change');
    return;
  }
  console.log(
    'reading: MB at most of the agent, and of the agent and its decider together, in a cgroup of 320 MB; and what it answered',
  );
  const only = process.env['READING_ONLY'] ?? '';
  for (const objects of hostileObjects.filter(({ name }) => name.includes(only))) {
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
  let slowest = 0;
  let together = 0;
  const sampling = setInterval(() => {
    together = Math.max(together, ownMb(child.pid) + decidersOf(child).reduce(addMb, 0));
  }, sampleMs);
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
      const began = performance.now();
      await get(socket, reading).then(
        () => count('answered'),
        (error: unknown) => count(shown(error)),
      );
      slowest = Math.max(slowest, performance.now() - began);
    }
  }
  clearInterval(sampling);
  const slowestText = `slowest ${(slowest / 1000).toFixed(1)} s`;
  const answered = [...answers].map(([answer, times]) => `${answer} (${String(times)})`).join('; ');
  console.log(
    `  ${what}: ${peakMb(child)} MB, ${together.toFixed(0)} MB, ${answered}, ${slowestText}`,
  );
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

function shown(error: unknown): string {
  const text = String(error);
  return /"detail":"([^"]{1,200})/.exec(text)?.[1] ?? text.slice(0, 100);
}

function decidersOf({ pid }: ChildProcess): readonly number[] {
  try {
    const file = `/proc/${String(pid)}/task/${String(pid)}/children`;
    return readFileSync(file, 'utf8').trim().split(' ').map(Number);
  } catch {
    return [];
  }
}

/** Without the pages of files, which several processes share. */
function ownMb(pid: number | undefined): number {
  try {
    const text = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function addMb(sum: number, pid: number): number {
  return sum + ownMb(pid);
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
