import { piecesOf } from './change-pieces.ts';
import type { AnyChange, Step } from '../plan.ts';

/**
 * Splits steps into parts of at most so many changes, in the same order, for a datastore that takes
 * no more at once; undefined: it has no such limit. Only changes that must not be split may be
 * more.
 */
export function splitSteps<C extends AnyChange>(
  steps: readonly Step<C>[],
  atomicChanges: number | undefined,
): readonly Step<C>[] {
  return atomicChanges === undefined
    ? steps
    : steps.flatMap((step) => splitStep(step, atomicChanges));
}

function splitStep<C extends AnyChange>(step: Step<C>, most: number): readonly Step<C>[] {
  const parts = partsOf(step.changes, most);
  if (parts.length === 1) return [step];
  return parts.map((changes, index) => ({
    ...step,
    title: `${step.title} (${index + 1} of ${parts.length})`,
    // Only the first part has the step's gates: they are open when it has begun.
    gates: index === 0 ? step.gates : [],
    changes,
  }));
}

function partsOf<C extends AnyChange>(
  changes: readonly C[],
  most: number,
): readonly (readonly C[])[] {
  const parts: C[][] = [];
  for (const piece of piecesOf(changes)) {
    const last = parts.at(-1);
    if (last === undefined || last.length + piece.length > most) parts.push([...piece]);
    else last.push(...piece);
  }
  return parts;
}
