/** A rollout as text. */
import type { CurrentRollout } from '../../../schemas/generated/controller-api/current-rollout.ts';
import type { StartedRollout } from '../../../schemas/generated/controller-api/started-rollout.ts';
import { nameSome } from '../../../core/name-some.ts';
import { couldNotGoBack } from '../../../core/rollout/could-not-go-back.ts';
import { sumOf } from '../../../core/rollout/seen.ts';
import { groupedLines } from '../grouped-lines.ts';

type Shown = NonNullable<CurrentRollout['rollout']>;

const phases: Readonly<Record<Shown['phase'], string>> = {
  forward: 'running',
  back: 'going back',
  done: 'done',
  aborted: 'aborted: the nodes have what they had before',
  superseded: 'ended by a newer revision',
};

const states: Readonly<Record<Shown['waves'][number]['state'], string>> = {
  later: 'later',
  running: 'running',
  settling: 'settling',
  done: 'done',
  'going-back': 'going back',
  back: 'back',
};

export function rolloutText({ rollout }: CurrentRollout): string {
  if (rollout === undefined) return 'there is no rollout yet';
  const { number, kind, newest, by, startedAt, waves, reason, problem, waitsFor, barrier } =
    rollout;
  const what = kind === 'push' ? 'push of' : 'rollout of';
  const now = newest === number ? '' : `; its newest revision is ${String(newest)}`;
  const width = Math.max(...waves.map(({ name }) => name.length));
  return [
    `${what} revision ${String(number)} by ${by} at ${startedAt}${now}`,
    `state    ${stateText(rollout)}${reason === undefined ? '' : ` (${reason})`}`,
    ...(barrier === undefined ? [] : [`barrier  ${barrierLine(barrier)}`]),
    ...(waitsFor === undefined ? [] : [`waits    ${waitsFor.text}${leftText(waitsFor)}`]),
    ...(problem === undefined ? [] : [`problem  ${problem}`]),
    ...waves.map(
      (wave) => `wave     ${wave.name.padEnd(width)}  ${waveText(wave)}${namesText(rollout, wave)}`,
    ),
    ...failureLines(rollout),
    ...(rollout.missing.length === 0 ? [] : [`away     ${rollout.missing.join(', ')}`]),
  ].join('\n');
}

/** Which nodes it has; a single wave has all of them. */
function namesText({ waves }: Shown, { names = [], nodes }: Shown['waves'][number]): string {
  return waves.length === 1 || names.length === 0 ? '' : ` (${nameSome(names, nodes)})`;
}

/** `wave     canary  1 node: node-0`: the waves of a plan, with the first of their nodes. */
export function waveLines(waves: StartedRollout['waves']): readonly string[] {
  const width = Math.max(...waves.map(({ name }) => name.length));
  return waves.map((wave) => `wave     ${wave.name.padEnd(width)}  ${nodesOfWave(wave)}`);
}

/** `3 nodes: node-1, node-2, node-3` */
export function nodesOfWave({ nodes, names = [] }: StartedRollout['waves'][number]): string {
  const many = nodes === 1 ? '1 node' : `${String(nodes)} nodes`;
  return names.length === 0 ? many : `${many}: ${nameSome(names, nodes)}`;
}

/** Why the nodes wait for each other. */
export function barrierLine(why: string): string {
  return `all nodes have to be prepared before the cluster-wide resources change: ${why}`;
}

/** `2 of 3 confirmed in wave canary; waits for …`: one line for a person who watches. */
export function progressText(rollout: Shown): string {
  const { step, waitsFor, reason } = rollout;
  if (step === undefined)
    return `${phaseText(rollout)}${reason === undefined ? '' : ` (${reason})`}`;
  const current = wavesAtWork(rollout.waves);
  const count = current === undefined ? '' : `, ${waveText(current)}`;
  return `${stateText(rollout)}: ${step}${count}${waitsFor === undefined ? '' : `; ${waitsFor.text}`}`;
}

/** `paused` is what a person looks for, before what it was at. */
function stateText(rollout: Shown): string {
  const { phase, paused } = rollout;
  if (paused === undefined || (phase !== 'forward' && phase !== 'back')) return phaseText(rollout);
  return phase === 'back' ? 'paused while it goes back' : 'paused';
}

function phaseText({ phase, waves }: Pick<Shown, 'phase' | 'waves'>): string {
  // Nodes that are away get what they had before when they connect.
  const stuck = waves.reduce((sum, { failed, working, left }) => sum + failed + working + left, 0);
  return phase === 'aborted' && stuck > 0 ? `aborted; ${couldNotGoBack(stuck)}` : phases[phase];
}

/** The waves whose nodes the step is about, as one. */
function wavesAtWork(waves: Shown['waves']): Shown['waves'][number] | undefined {
  const [first, ...others] = waves.filter(({ state }) => atWork.has(state));
  if (first === undefined || others.length === 0) return first;
  const without = [first, ...others].flatMap((wave) => wave.without ?? []);
  const count = without.reduce((sum, one) => sum + one.count, 0);
  const nodes = without.flatMap((one) => one.nodes);
  return {
    ...first,
    ...sumOf([first, ...others]),
    ...(count > 0 && { without: { count, nodes } }),
  };
}

const atWork: ReadonlySet<string> = new Set(['running', 'settling', 'going-back']);

export function waveText(wave: Shown['waves'][number]): string {
  const { state, nodes, confirmed, failed, working, left, away, without } = wave;
  const others = [
    [failed, 'failed'],
    [working, 'on the way'],
    [left, 'disconnected'],
    [away, 'away'],
  ] as const;
  const more = others.flatMap(([count, text]) => (count === 0 ? [] : [`${String(count)} ${text}`]));
  const total = `${String(confirmed)} of ${String(nodes)} confirmed`;
  const behind =
    without === undefined ? '' : `; goes on without ${nameSome(without.nodes, without.count)}`;
  return state === 'later'
    ? `${states[state]}, ${nodes === 1 ? '1 node' : `${String(nodes)} nodes`}`
    : `${states[state]}, ${[total, ...more].join(', ')}${behind}`;
}

function failureLines({ failures }: Shown): readonly string[] {
  return groupedLines(failures.map(({ node, why }) => ({ name: node, text: `failed: ${why}` })));
}

function leftText({ leftSeconds }: NonNullable<Shown['waitsFor']>): string {
  return leftSeconds === undefined ? '' : ` (at most ${String(Math.ceil(leftSeconds))} s)`;
}
