/**
 * Strategy and nodes → waves. The order of the nodes does not matter. The plan is kept for the whole
 * rollout: a node whose labels change stays in its wave.
 */
import type { PlannedWave } from '../../schemas/generated/rollout-record.ts';
import type { RolloutStrategy, RolloutWave } from '../../schemas/generated/rollout-strategy.ts';
import { byText } from '../by-text.ts';
import { issueAt } from '../findings.ts';
import { groupBy } from '../group-by.ts';
import { hasErrors, type Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import { nearestName } from '../nearest-name.ts';
import { printable } from '../printable.ts';

export interface PlannedNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A wave with its nodes, sorted by name. */
export interface Wave extends Omit<PlannedWave, 'nodes'> {
  readonly nodes: readonly string[];
}

export type WavePlan =
  /** `issues`: warnings about names that are not known. */
  | { readonly ok: true; readonly waves: readonly Wave[]; readonly issues: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** The bound of the schema of a stored rollout. */
const mostWaves = 500;

/** @returns errors where a wave of the strategy has no node, or there are too many waves */
export function planWaves(strategy: RolloutStrategy, nodes: readonly PlannedNode[]): WavePlan {
  const issues: Issue[] = [];
  const waves: Wave[] = [];
  const known = nodes.toSorted((one, other) => inNaturalOrder(one.name, other.name));
  const names = new Set(known.map(({ name }) => name.toLowerCase()));
  let left: readonly PlannedNode[] = known;
  for (const [rule, wave] of (strategy.waves ?? []).entries()) {
    const taken = take(wave, left, nodes.length);
    const found =
      taken.length === 0
        ? [withoutNodes(wave, rule, nodes)]
        : unknownNames(wave, rule, { nodes: known, names });
    issues.push(...found);
    const gone = new Set(taken.map(({ name }) => name));
    left = left.filter(({ name }) => !gone.has(name));
    waves.push(...wavesOf(wave, rule, taken));
  }
  if (left.length > 0 || waves.length === 0) {
    waves.push({ name: waves.length === 0 ? 'all' : 'rest', nodes: namesOf(left) });
  }
  if (waves.length > mostWaves) issues.push(tooMany(waves.length));
  return hasErrors(issues) ? { ok: false, issues } : { ok: true, waves, issues };
}

/**
 * The place of the wave of a node that was not known when the rollout began: the first one whose
 * rule selects it. Waves with count or percent have their nodes already.
 */
export function waveOfNewNode(
  strategy: RolloutStrategy,
  waves: readonly PlannedWave[],
  node: PlannedNode,
): number {
  const place = waves.findIndex(({ rule, value }) => {
    const wave = rule === undefined ? undefined : strategy.waves?.[rule];
    if (wave === undefined || wave.count !== undefined || wave.percent !== undefined) return false;
    return selects(wave, node) && (wave.each === undefined || node.labels[wave.each] === value);
  });
  return place === -1 ? waves.length - 1 : place;
}

/** The name of a rule; with `each` its waves have the label's value as well. */
export function ruleName({ name }: RolloutWave, rule: number): string {
  return name ?? `wave-${String(rule + 1)}`;
}

function take(
  wave: RolloutWave,
  nodes: readonly PlannedNode[],
  all: number,
): readonly PlannedNode[] {
  const selected = nodes.filter((node) => selects(wave, node));
  const { count, percent } = wave;
  if (count !== undefined) return selected.slice(0, count);
  return percent === undefined ? selected : selected.slice(0, Math.ceil((all * percent) / 100));
}

function selects({ nodes, labels = {}, each }: RolloutWave, node: PlannedNode): boolean {
  const isNamed = nodes === undefined || nodes.some((pattern) => matches(pattern, node.name));
  const isLabelled = Object.entries(labels).every(([key, value]) => node.labels[key] === value);
  return isNamed && isLabelled && (each === undefined || node.labels[each] !== undefined);
}

/** Whether a pattern in which `*` is any text matches the whole name; capitals do not count. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const text = name.toLowerCase();
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return text.endsWith(last) && text.length - last.length >= from;
}

function wavesOf(wave: RolloutWave, rule: number, nodes: readonly PlannedNode[]): readonly Wave[] {
  const name = ruleName(wave, rule);
  const { each } = wave;
  if (each === undefined) return [{ name, rule, nodes: namesOf(nodes) }];
  const groups = groupBy(nodes, ({ labels }) => labels[each]);
  return [...groups]
    .toSorted(([one], [other]) => inNaturalOrder(one, other))
    .map(([value, some]) => ({
      name: value === '' ? name : `${name}-${value}`,
      rule,
      value,
      nodes: namesOf(some),
    }));
}

function namesOf(nodes: readonly PlannedNode[]): readonly string[] {
  return nodes.map(({ name }) => name).toSorted(byText);
}

/** rack-2 before rack-10. */
function inNaturalOrder(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true }) || byText(one, other);
}

function withoutNodes(wave: RolloutWave, rule: number, nodes: readonly PlannedNode[]): Issue {
  const name = ruleName(wave, rule);
  const isTaken = nodes.some((node) => selects(wave, node));
  return issueAt(
    { pointer: `/waves/${String(rule)}` },
    'error',
    'wave-without-nodes',
    isTaken
      ? `the wave "${name}" has no node: earlier waves have all that it selects`
      : `the wave "${name}" has no node: no known node is as it says`,
    'calico-controller nodes lists the nodes; mend the wave, or leave it out',
  );
}

interface KnownNodes {
  /** In natural order. */
  readonly nodes: readonly PlannedNode[];
  /** Their names, in lower case. */
  readonly names: ReadonlySet<string>;
}

/** The most names for which a similar one is looked for, which takes a comparison with each node. */
const mostCompared = 10;

/** A name may be that of a node that connects later, so that it is no error. */
function unknownNames(wave: RolloutWave, rule: number, known: KnownNodes): readonly Issue[] {
  const { nodes: patterns = [], count, percent } = wave;
  const isKnown = (pattern: string): boolean =>
    pattern.includes('*')
      ? known.nodes.some(({ name }) => matches(pattern, name))
      : known.names.has(pattern.toLowerCase());
  const unknown = patterns.filter((pattern) => !isKnown(pattern));
  const [first] = unknown;
  if (first === undefined) return [];
  const named = new Set(patterns.map((pattern) => pattern.toLowerCase()));
  const others = known.nodes.flatMap(({ name }) => (named.has(name.toLowerCase()) ? [] : [name]));
  const shown = unknown.slice(0, mostCompared).map((pattern) => {
    const nearest = pattern.includes('*') ? undefined : nearestName(pattern, others);
    return nearest === undefined ? pattern : `${pattern} (did you mean ${nearest}?)`;
  });
  const joinsLater = count === undefined && percent === undefined;
  return [
    issueAt(
      { pointer: `/waves/${String(rule)}/nodes/${String(patterns.indexOf(first))}` },
      'warning',
      'wave-with-unknown-nodes',
      `the wave "${printable(ruleName(wave, rule))}" names nodes that the controller does not know: ${nameSome(shown, unknown.length)}`,
      joinsLater
        ? 'calico-controller nodes lists the nodes; a node that connects later joins the wave by its name'
        : 'calico-controller nodes lists the nodes; a wave with count or percent gets no node that connects later',
    ),
  ];
}

function tooMany(waves: number): Issue {
  return issueAt(
    { pointer: '/waves' },
    'error',
    'too-many-waves',
    `the strategy gives ${String(waves)} waves, and a rollout has at most ${String(mostWaves)}`,
    'use a label with fewer values for each',
  );
}
