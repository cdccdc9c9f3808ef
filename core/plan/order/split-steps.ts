import { piecesOf } from './change-pieces.ts';
import type { AnyChange, Step } from '../plan.ts';

/** Pieces that are taken between two parts of the work. */
const piecesInOnePart = 100;

/**
 * Splits steps into parts of at most so many changes, in the same order, for a datastore that takes
 * no more at once; undefined: it has no such limit. Only changes that must not be split may be
 * more. Made in parts: a step may have 25,000 changes.
 */
export function* splitStepsInParts<C extends AnyChange>(
  steps: readonly Step<C>[],
  atomicChanges: number | undefined,
): Generator<undefined, readonly Step<C>[]> {
  if (atomicChanges === undefined) return steps;
  const split: Step<C>[] = [];
  for (const step of steps) split.push(...(yield* splitStep(step, atomicChanges)));
  return split;
}

function* splitStep<C extends AnyChange>(
  step: Step<C>,
  most: number,
): Generator<undefined, readonly Step<C>[]> {
  const parts = yield* partsOf(step.changes, most);
  if (parts.length === 1) return [step];
  return parts.map((changes, index) => ({
    ...step,
    title: `${step.title} (${index + 1} of ${parts.length})`,
    // Only the first part has the step's gates: they are open when it has begun.
    gates: index === 0 ? step.gates : [],
    changes,
  }));
}

function* partsOf<C extends AnyChange>(
  changes: readonly C[],
  most: number,
): Generator<undefined, readonly (readonly C[])[]> {
  const parts: C[][] = [];
  let pieces = 0;
  for (const piece of piecesOf(changes)) {
    const last = parts.at(-1);
    if (last === undefined || last.length + piece.length > most) parts.push([...piece]);
    else last.push(...piece);
    pieces += 1;
    if (pieces % piecesInOnePart === 0) yield undefined;
  }
  return parts;
}
