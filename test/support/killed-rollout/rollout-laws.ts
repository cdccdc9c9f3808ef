/** What must hold of a rollout, however often its controller is killed. */
import { expect } from 'chai';
import type { Rollout } from '../../../core/rollout/steps.ts';
import { isTurn } from '../../../core/rollout/targets.ts';
import { after, before, nodes, waves, type Noted } from './rollout-agents.ts';
import type { StoredRollout } from './stored-rollout.ts';

/** At any time. */
export function expectLaws(log: readonly Noted[], { revisions, rollout }: StoredRollout): void {
  for (const { node, what, number, digest, text, isLater } of log) {
    if (what !== 'given') continue;
    const stored = revisions.get(number);
    expect(stored, `revision ${String(number)} of ${node} is stored`).to.include({ digest, text });
    expect(stored?.clusterShare === 'later', `${node}: the share of ${String(number)}`).to.equal(
      isLater,
    );
  }
  for (const node of nodes) {
    const numbers = log
      .filter((one) => one.node === node && one.what === 'given')
      .map(({ number }) => number);
    const sorted = numbers.toSorted((one, other) => one - other);
    expect(numbers, `the numbers of ${node}`).to.deep.equal(sorted);
  }
  if (rollout === undefined) {
    expect(log.some(({ text }) => text === after)).to.equal(false);
    return;
  }
  const { target, share, back } = rollout.revisions;
  for (const [index, later] of waves.entries()) {
    expectTurn(log, rollout, index);
    const earlier = waves.slice(0, index).flat();
    expectOrder(log, target, earlier, later);
    const hadIt = later.filter((node) => has(log, { node, what: 'confirmed', number: target }));
    if (back !== undefined) expectOrder(log, back, hadIt, earlier);
  }
  if (share !== undefined && firstOf(log, { what: 'given', number: share }) >= 0) {
    for (const node of nodes)
      expect(has(log, { node, what: 'confirmed', number: target })).to.equal(true);
  }
}

/** After its end. */
export function expectEnd(
  log: readonly Noted[],
  { rollout }: StoredRollout,
  course: 'done' | 'aborted',
): void {
  const { target, share, back, backShare } = rollout?.revisions ?? {};
  const numbersOf = (node: string): readonly number[] => [
    ...new Set(
      log.filter((one) => one.node === node && one.what === 'given').map((one) => one.number),
    ),
  ];
  expect(rollout?.state.phase).to.equal(course);
  for (const node of nodes) {
    const text = log.findLast((one) => one.node === node && one.what === 'given')?.text;
    expect(text, `the text of ${node}`).to.equal(course === 'done' ? after : before);
  }
  const [canary = [], second = [], rest = []] = waves.map((names) => names.map(numbersOf));
  if (course === 'done') {
    expect([target, share, back]).to.deep.equal([2, 3, undefined]);
    for (const numbers of [canary, second, rest].flat()) expect(numbers).to.deep.equal([1, 2, 3]);
    return;
  }
  expect([target, share, back, backShare]).to.deep.equal([2, undefined, 3, 4]);
  for (const numbers of [canary, second].flat()) expect(numbers).to.deep.equal([1, 2, 3, 4]);
  for (const numbers of rest) expect(numbers).to.deep.equal([1, 4]);
}

/** A node gets a revision only once it is stored that the turn of its wave has come. */
function expectTurn(log: readonly Noted[], rollout: Rollout, wave: number): void {
  const { target, back } = rollout.revisions;
  for (const node of waves[wave] ?? []) {
    if (has(log, { node, what: 'given', number: target })) {
      expect(rollout.state.begun, `the begun waves once ${node} has it`).to.be.greaterThan(wave);
    }
    if (back !== undefined && has(log, { node, what: 'given', number: back })) {
      expect(isTurn(rollout, wave), `it is the turn of ${node}`).to.equal(true);
    }
  }
}

/** The later nodes get the revision only once all earlier ones have confirmed it. */
function expectOrder(
  log: readonly Noted[],
  number: number,
  earlier: readonly string[],
  later: readonly string[],
): void {
  for (const node of later) {
    const given = firstOf(log, { node, what: 'given', number });
    if (given < 0) continue;
    for (const other of earlier) {
      const confirmed = firstOf(log, { node: other, what: 'confirmed', number });
      const said = `${other} confirmed revision ${String(number)} before ${node} got it`;
      expect(confirmed >= 0 && confirmed < given, said).to.equal(true);
    }
  }
}

type Which = Partial<Pick<Noted, 'node' | 'what' | 'number'>>;

function firstOf(log: readonly Noted[], { node, what, number }: Which): number {
  return log.findIndex(
    (one) =>
      (node === undefined || one.node === node) && one.what === what && one.number === number,
  );
}

function has(log: readonly Noted[], which: Which): boolean {
  return firstOf(log, which) >= 0;
}
