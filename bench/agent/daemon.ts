/**
 * The daemon, idle with a configuration applied, beside a bare node:http server on a unix socket:
 * memory, start to first answer, first plan, latency of GET /v1/status. All in one run, alternating.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { get, latency, median, residentMb, start, stop, type Running } from '../measure.ts';

const rounds = 5;
const idleMs = 15_000;
const requests = 2000;
const statusPath = '/v1/status';
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Figures {
  readonly startMs: number;
  /**
   * The first GET /v1/plan starts the process that decides; it is compared with the bare server's
   * start.
   */
  readonly planMs: number;
  readonly rssMb: number;
  readonly keptUs: number;
  readonly newUs: number;
}

export async function benchDaemon(): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'calico-agent-bench-'));
  try {
    const bare = path.join(folder, 'bare.sock');
    const subjects = [
      {
        args: [path.join(root, 'bench/baselines/bare-http.js'), bare],
        socket: bare,
        hasPlan: false,
      },
      await subjectIn(path.join(folder, 'agent')),
    ];
    const figures: Figures[][] = subjects.map(() => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, one] of (await measureAll(subjects)).entries()) figures[index]?.push(one);
      await rm(bare, { force: true });
    }
    const [floor = [], ours = []] = figures;
    console.log('the daemon with a configuration applied, beside a bare node:http server');
    report(floor, ours);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Subject {
  readonly args: readonly string[];
  readonly socket: string;
  /** A bare server has no plan, so its start stands in for it. */
  readonly hasPlan: boolean;
}

async function subjectIn(folder: string): Promise<Subject> {
  await mkdir(folder);
  const config = await agentConfig(folder);
  await applyOnce(config, folder);
  const args = [agentProgram(), 'run', '--config', config];
  return { args, socket: path.join(folder, 'agent.sock'), hasPlan: true };
}

export function agentProgram(): string {
  return path.join(root, 'dist/calico-agent.js');
}

/**
 * An agent.yaml for the first node of examples/as-per-rack, with all its files in the folder.
 * @param more further settings
 */
export async function agentConfig(folder: string, more: object = {}): Promise<string> {
  const file = path.join(folder, 'agent.yaml');
  const document = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node: { name: 'node-0', units: ['calico/0'], addresses: ['10.0.0.2/24'] },
    stateDirectory: path.join(folder, 'state'),
    socket: path.join(folder, 'agent.sock'),
    statusSocket: path.join(folder, 'status.sock'),
    log: { level: 'warn' },
    ...more,
  };
  await writeFile(file, JSON.stringify(document));
  return file;
}

async function applyOnce(config: string, folder: string): Promise<void> {
  const socket = path.join(folder, 'agent.sock');
  const running = await start([agentProgram(), 'run', '--config', config], socket, statusPath);
  const text = await readFile(path.join(root, 'examples/as-per-rack/config.yaml'), 'utf8');
  const options = { method: 'PUT', body: text, contentType: 'application/yaml' };
  try {
    await get(socket, '/v1/config?wait=30', options);
  } finally {
    await stop(running);
  }
}

/** They run one after the other, except while all of them are idle. */
async function measureAll(subjects: readonly Subject[]): Promise<readonly Figures[]> {
  const started: { readonly running: Running; readonly planMs: number }[] = [];
  for (const { args, socket, hasPlan } of subjects) {
    const running = await start(args, socket, statusPath);
    const planMs = hasPlan ? await firstPlan(socket) : running.startMs;
    started.push({ running, planMs });
  }
  // V8 gives the memory of the start back when it has been idle for a while.
  await wait(idleMs);
  const figures: Figures[] = [];
  for (const { running, planMs } of started) {
    const { startMs, socket } = running;
    const rssMb = await residentMb(running);
    const keptUs = await latency(socket, statusPath, requests, true);
    const newUs = await latency(socket, statusPath, requests, false);
    await stop(running);
    figures.push({ startMs, planMs, rssMb, keptUs, newUs });
  }
  return figures;
}

async function firstPlan(socket: string): Promise<number> {
  const began = performance.now();
  await get(socket, '/v1/plan');
  return performance.now() - began;
}

function report(floor: readonly Figures[], ours: readonly Figures[]): void {
  const rows: [string, keyof Figures, number][] = [
    ['start to first answer, ms', 'startMs', 1.5],
    ["first plan, beside a bare process's start", 'planMs', 2],
    ['resident memory idle, MB', 'rssMb', 1.15],
    ['GET /v1/status, kept connection, µs', 'keptUs', 1.3],
    ['GET /v1/status, new connection, µs', 'newUs', 1.3],
  ];
  for (const [name, key, goal] of rows) {
    const theirs = median(floor.map((figures) => figures[key]));
    const own = median(ours.map((figures) => figures[key]));
    const ratio = (own / theirs).toFixed(2);
    console.log(
      `  ${name.padEnd(42)} ${own.toFixed(1).padStart(8)}  bare ${theirs.toFixed(1).padStart(8)}` +
        `  ratio ${ratio} (goal ≤ ${String(goal)})`,
    );
  }
}
