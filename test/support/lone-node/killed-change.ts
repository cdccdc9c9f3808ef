/**
 * A change of the real daemon that kill -9 ends in the middle, once or several times, and the
 * conditions that must hold afterwards.
 */
import { expect } from 'chai';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createRevisionFiles } from '../../../agent/adapters/state-directory/revision-files.ts';
import { createBootClock } from '../../../agent/adapters/system-clock/boot-clock.ts';
import { readHistory } from '../../../agent/compose.ts';
import { isMap, listAt, valueAt } from '../../../core/input/plain-data.ts';
import { isAgentState } from '../../../schemas/generated/agent-state.validator.js';
import type { StoredAgentState } from '../../../schemas/generated/agent-state.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { eventually } from '../eventually.ts';
import { createLoneNode, type LoneNode, type Remembered } from './lone-node.ts';
import { theirAsNumber } from './stand-in-bird.ts';

/** taken-back: nobody confirms it. replaced: its health confirms it. */
export type ChangeKind = 'taken-back' | 'replaced';

export interface KilledChange {
  readonly kind: ChangeKind;
  readonly from: Remembered;
  /**
   * The point after which each process dies, by the names of die-at.cjs; the one after the last
   * lives on.
   */
  readonly points: readonly string[];
}

const confirmSeconds = 4;
const before = configOf('10.0.0.1');
const changes: Readonly<
  Record<
    ChangeKind,
    { readonly text: string; readonly query: string; readonly ends: readonly string[] }
  >
> = {
  'taken-back': {
    text: configOf('10.0.0.1', '10.0.0.3'),
    query: `?confirm-within=${String(confirmSeconds)}`,
    ends: ['10.0.0.1'],
  },
  replaced: { text: configOf('10.0.0.3'), query: '?accept-loss=true', ends: ['10.0.0.3'] },
};
/** All waits of a change take less than a minute; a guard against hanging on a machine that is busy. */
const longestMs = 300_000;
/** Many daemons share the machine with this process. */
const pollMs = 500;

let count = 0;

/** A node with the configuration with which all these changes begin. */
export async function rememberBefore(): Promise<Remembered> {
  const changesAtOnce = { changes: { confirmSeconds: { apply: 0 } } };
  const node = await createLoneNode({ name: nameOf(), settings: changesAtOnce });
  try {
    await node.start();
    await offer(node, before, '?wait=60');
    await node.kill('SIGTERM');
    return await node.remember();
  } finally {
    await node.close();
  }
}

/** The points of an undisturbed change, in the order of time. */
export async function tracePoints(from: Remembered, kind: ChangeKind): Promise<readonly string[]> {
  const node = await createLoneNode({ name: nameOf(), from });
  const trace = path.join(path.dirname(node.stateDirectory), 'trace');
  try {
    await node.start({ trace });
    await offer(node, changes[kind].text, changes[kind].query);
    await endOf(node, kind);
    return (await readFile(trace, 'utf8')).trimEnd().split('\n');
  } finally {
    await node.close();
  }
}

/** Rejects when a promise is broken. Resolves with the reached points. */
export async function surviveKills({
  kind,
  from,
  points,
}: KilledChange): Promise<readonly string[]> {
  const node = await createLoneNode({ name: nameOf(), from });
  const reached: string[] = [];
  const deadlines = new Map<number, number>();
  const noteDeadline = async (): Promise<void> => {
    const { revision, deadline, isInForce } =
      (await readState(node.stateDirectory)).confirming ?? {};
    if (revision?.number !== 2 || deadline === undefined || isInForce !== true) return;
    deadlines.set(deadline.atMs, Date.now() + deadline.atMs - createBootClock().now().ms);
  };
  try {
    for (const point of points) {
      await node.start({ point });
      if (node.isRunning() && !(await isTaken(node))) {
        const { text, query } = changes[kind];
        await offer(node, text, query).catch(() => undefined);
      }
      const end = endOf(node, kind).then(
        () => 'ended' as const,
        (error: unknown) => {
          if (node.isRunning()) throw error;
          return 'died' as const;
        },
      );
      // It may still fail when nothing waits for it any more.
      void end.catch(() => undefined);
      if ((await Promise.race([end, node.ended().then(() => 'died' as const)])) === 'ended') break;
      reached.push(point);
      await expectWholeFiles(node.stateDirectory);
      await noteDeadline();
    }
    await node.kill('SIGTERM');
    await node.start();
    if (!(await isTaken(node))) await offer(node, changes[kind].text, changes[kind].query);
    await endOf(node, kind, noteDeadline);
    await expectDeadlineKept(node, [...deadlines.values()]);
    await node.kill('SIGTERM');
    await expectWholeFiles(node.stateDirectory);
    const left = await filesBelow(node.stateDirectory);
    expect(
      left.filter((file) => /unfinished|damaged|journal[^/]*\.json$/.test(file)),
    ).to.deep.equal([]);
    return reached;
  } catch (error) {
    throw new Error(`killed after ${reached.join(', ')}: ${String(error)}\n${await node.log()}`, {
      cause: error,
    });
  } finally {
    await node.close();
  }
}

export function nameOf(): string {
  count += 1;
  return `lone-${String(process.pid)}-${String(count)}`;
}

function configOf(...addresses: readonly string[]): string {
  const peers = addresses.map(
    (address) => `{address: ${address}, as-number: ${String(theirAsNumber)}}`,
  );
  return `global-as-number: 64512\nnode-to-node-mesh: true\nglobal-bgp-peers: [${peers.join(', ')}]\n`;
}

/** Applies the second configuration. */
export function begin(node: LoneNode, kind: ChangeKind): Promise<void> {
  return offer(node, changes[kind].text, changes[kind].query);
}

async function offer({ client }: LoneNode, body: string, query: string): Promise<void> {
  await client.request({
    method: 'PUT',
    path: `/v1/config${query}`,
    mediaType: 'application/yaml',
    body,
    timeoutMs: 90_000,
  });
}

/** The second revision reached the disk. */
async function isTaken({ stateDirectory }: LoneNode): Promise<boolean> {
  const { revisions: history } = await readHistory(stateDirectory);
  return history.some(({ number, states }) => number === 2 && states.length > 0);
}

/**
 * The change is over, with the right end, and left nothing behind. Rejects also when the daemon
 * died.
 */
export async function endOf(
  node: LoneNode,
  kind: ChangeKind,
  onPoll = (): Promise<void> => Promise.resolve(),
): Promise<void> {
  const good = ['accepted', 'in-force', 'confirmed'];
  const states = kind === 'replaced' ? [good, []] : [['rejected'], good];
  await eventually(
    async () => {
      if (!node.isRunning()) return;
      await onPoll();
      const { state, message, guard } = await node.status();
      expect(state, message).to.equal('in-force');
      expect(guard, 'the guard').to.equal(undefined);
      const { revisions: history } = await readHistory(node.stateDirectory);
      expect(history.map(({ number }) => number)).to.deep.equal([2, 1]);
      expect(history.map((one) => one.states)).to.deep.equal(states);
    },
    longestMs,
    pollMs,
  );
  if (!node.isRunning()) throw new Error('the daemon died');
  expect((await node.peers()).map(({ address }) => address)).to.deep.equal(changes[kind].ends);
  expect(await node.guard()).to.deep.equal([]);
  const { body } = await node.client.request({ method: 'GET', path: '/v1/plan' });
  expect(listAt(valueAt(JSON.parse(body), 'plan'), 'steps'), 'the plan').to.deep.equal([]);
}

/** Every reader can read everything on disk. */
async function expectWholeFiles(stateDirectory: string): Promise<void> {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (text: string) => void warnings.push(text) };
  const revisions = createRevisionFiles(stateDirectory, logger);
  const stored = await revisions.list();
  expect(stored.length).to.be.greaterThan(0);
  for (const one of stored) expect(await revisions.load(one)).to.include({ digest: one.digest });
  for (const file of await filesBelow(stateDirectory)) {
    if (!/\/[^.][^/]*\.jsonl?$/.test(file)) continue;
    const text = await readFile(file, 'utf8');
    const parts = file.endsWith('l') ? text.trimEnd().split('\n') : [text];
    for (const part of parts) expect(isMap(JSON.parse(part)), file).to.equal(true);
  }
  await readState(stateDirectory);
  expect(warnings).to.deep.equal([]);
}

export async function readState(stateDirectory: string): Promise<StoredAgentState> {
  const state: unknown = JSON.parse(
    await readFile(path.join(stateDirectory, 'state.json'), 'utf8'),
  );
  if (!isAgentState(state)) throw new Error('state.json is none');
  return state;
}

/**
 * A process that dies neither gives a change more time nor takes any away.
 * @param deadlines each observed one, by the wall clock, which stays unchanged here
 */
async function expectDeadlineKept(
  { stateDirectory }: LoneNode,
  deadlines: readonly number[],
): Promise<void> {
  expect(deadlines).to.have.length.below(2);
  const { rejected } = await readState(stateDirectory);
  const rejection = rejected.find(({ number }) => number === 2);
  if (rejection === undefined) return;
  expect(rejection.reason).to.include('nobody confirmed it within');
  for (const atMs of deadlines) expect(Date.parse(rejection.at)).to.be.at.least(atMs - 100);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));
}
