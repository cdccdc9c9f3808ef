/**
 * A rollout by the built controller that kill -9 ends in the middle, several times, and the conditions
 * that must hold afterwards.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { agentsPath } from '../../../core/protocol/messages.ts';
import type { ControllerStatus } from '../../../controller/api/routes.ts';
import type { RolloutAnswer } from '../../../controller/api/rollout-routes.ts';
import type { RolloutView } from '../../../controller/app/rollout/rollout-view.ts';
import { createUnixHttpClient, type UnixHttpClient } from '../../../runtime/http/unix-client.ts';
import type { RunningEtcd } from '../servers/etcd.ts';
import { freePort } from '../servers/free-port.ts';
import {
  after,
  before,
  nodes,
  startRolloutAgents,
  waves,
  type RolloutAgents,
} from './rollout-agents.ts';
import { endLeases } from './end-leases.ts';
import { expectEnd, expectLaws } from './rollout-laws.ts';
import { readStoredRollout, type StorePlace } from './stored-rollout.ts';

/** aborted: a node of the second wave refuses the configuration. */
export type Course = 'done' | 'aborted';

export interface KilledRollout {
  /** The etcd that has the store; absent: the store is a file. */
  readonly etcd?: RunningEtcd;
  readonly course: Course;
  /**
   * The point at which each process dies, by the names of die-at-commit.cjs; the one after the last
   * lives on.
   */
  readonly points: readonly string[];
}

/** A guard against hanging on a machine that is busy. */
const longestMs = 240_000;
const pollMs = 40;
let count = 0;

/** The names of what an undisturbed rollout stores, in the order of time. */
export async function traceCommits(how: Omit<KilledRollout, 'points'>): Promise<readonly string[]> {
  const lab = await makeLab(how);
  const trace = path.join(lab.folder, 'trace');
  try {
    const process = lab.start({ DIE_TRACE: trace });
    await drive(process, lab);
    await process.kill();
    return (await readFile(trace, 'utf8')).trimEnd().split('\n');
  } finally {
    await lab.close();
  }
}

/** Rejects when a law is broken. Resolves with the reached points. */
export async function surviveKills(how: KilledRollout): Promise<readonly string[]> {
  const { course, points } = how;
  const lab = await makeLab(how);
  const reached: string[] = [];
  try {
    for (const point of points) {
      const process = lab.start({ DIE_AT: point });
      const end = await drive(process, lab);
      await process.kill();
      expectLaws(lab.agents.log, await readStoredRollout(lab.place));
      if (end === 'ended') break;
      reached.push(point);
    }
    const process = lab.start({});
    if ((await drive(process, lab)) === 'died') throw new Error('it ended by itself');
    await process.kill();
    const stored = await readStoredRollout(lab.place);
    expectLaws(lab.agents.log, stored);
    expectEnd(lab.agents.log, stored, course);
    return reached;
  } catch (error) {
    const said = reached.length === 0 ? 'not killed' : `killed ${reached.join(', then ')}`;
    throw new Error(`${said}: ${String(error)}\n${await lab.log()}`, { cause: error });
  } finally {
    await lab.close();
  }
}

interface Lab {
  readonly folder: string;
  readonly socket: string;
  readonly place: StorePlace;
  readonly agents: RolloutAgents;
  readonly course: Course;
  readonly start: (env: Readonly<Record<string, string>>) => Running;
  readonly log: () => Promise<string>;
  readonly close: () => Promise<void>;
}

interface Running {
  readonly isRunning: () => boolean;
  /** kill -9. Resolves when it has ended. */
  readonly kill: () => Promise<void>;
}

/** As people and programs use it until the rollout is over. Resolves when it is, or the process died. */
async function drive(process: Running, { socket, agents, course }: Lab): Promise<'ended' | 'died'> {
  const client = createUnixHttpClient(socket, { startHint: 'the test' });
  const deadline = performance.now() + longestMs;
  let last: unknown;
  while (process.isRunning()) {
    try {
      const rollout = await move(client, agents);
      if (rollout?.phase === course && isEverywhere(agents, rollout)) return 'ended';
      last = rollout;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`it does not end: ${inspect(last)}`);
    await setTimeout(pollMs);
  }
  return 'died';
}

/** Does what is due. @returns undefined: it has not begun */
async function move(
  client: UnixHttpClient,
  agents: RolloutAgents,
): Promise<RolloutView | undefined> {
  const get = async <T>(resource: string): Promise<T> => {
    const { body } = await client.request({ method: 'GET', path: resource });
    const answer: T = JSON.parse(body);
    return answer;
  };
  const { connected, revision } = await get<ControllerStatus>('/v1/status');
  if (connected < nodes.length) return undefined;
  if (revision === undefined) {
    await client.request({ ...asYaml, path: '/v1/config?by=test&wait=60', body: before });
    return undefined;
  }
  const { rollout } = await get<RolloutAnswer>('/v1/rollout');
  if (rollout?.kind !== 'rollout') {
    await client.request({ method: 'POST', path: '/v1/rollout?by=test', ...request });
    return undefined;
  }
  if (rollout.waitsFor?.kind === 'approval') {
    await client.request({ method: 'POST', path: '/v1/rollout/approve?by=test' });
  }
  const others = (waves[1]?.length ?? 0) - 1;
  if ((rollout.waves[1]?.confirmed ?? 0) >= others) agents.release();
  return rollout;
}

const asYaml = { method: 'PUT', mediaType: 'application/yaml' } as const;
const strategy = {
  apiVersion: 'calico-agent/v1',
  kind: 'RolloutStrategy',
  waves: waves.slice(0, -1).map((names) => ({ nodes: names })),
  settle: '0s',
  approval: 'each-wave',
};
const request = {
  mediaType: 'application/json',
  body: JSON.stringify({ text: after, mediaType: 'application/yaml', strategy }),
};

function isEverywhere(agents: RolloutAgents, { newest }: RolloutView): boolean {
  return agents.numbers().every((number) => number === newest);
}

async function makeLab({ etcd, course }: Omit<KilledRollout, 'points'>): Promise<Lab> {
  count += 1;
  const prefix = `/killed/${String(process.pid)}-${String(count)}/`;
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-controller-killed-'));
  const at = (name: string): string => path.join(folder, name);
  const listen = `127.0.0.1:${String(await freePort())}`;
  await writeFile(at('token'), 'a-token-for-tests-only\n', { mode: 0o600 });
  const head = 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n';
  const store =
    etcd === undefined
      ? ''
      : `store: ${JSON.stringify({ engine: 'etcd', endpoints: [etcd.endpoint], prefix })}\n`;
  await writeFile(at('controller.yaml'), `${head}${store}`);
  const args = [
    ...['--require', path.resolve('test/support/killed-rollout/die-at-commit.cjs')],
    ...[path.resolve('dist/calico-controller.js'), 'serve', '--listen', listen],
    ...['--token-file', at('token'), '--config', at('controller.yaml')],
    ...['--state-directory', at('state'), '--socket', at('controller.sock')],
  ];
  const started: Running[] = [];
  const start = (env: Readonly<Record<string, string>>): Running => {
    const output = openSync(at('log'), 'a');
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
    });
    closeSync(output);
    const running = runningOf(child, async () => {
      // The lease of a dead leader ends after 15 s.
      if (etcd !== undefined) await endLeases(etcd, prefix);
    });
    started.push(running);
    return running;
  };
  const url = `ws://${listen}${agentsPath}`;
  const agents = startRolloutAgents(
    { url, tokenFile: at('token') },
    { refuses: course === 'aborted' },
  );
  return {
    ...{ folder, socket: at('controller.sock'), agents, course, start },
    place:
      etcd === undefined
        ? { engine: 'embedded', stateDirectory: at('state') }
        : { engine: 'etcd', endpoint: etcd.endpoint, prefix },
    log: () => readFile(at('log'), 'utf8'),
    close: async () => {
      for (const one of started) await one.kill();
      await agents.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function runningOf(child: ChildProcess, ended: () => Promise<void>): Running {
  const exited = once(child, 'exit');
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    isRunning,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
      await ended();
    },
  };
}
