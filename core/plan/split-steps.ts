import { piecesOf } from './change-pieces.ts';
import type { Change, Step } from './plan.ts';

/**
 * Steps of at most so many changes, in the same order, for a datastore that takes no more at once;
 * undefined: it has no such limit. Only what must not be parted may be more than that.
 */
export function splitSteps(
  steps: readonly Step[],
  atomicChanges: number | undefined,
): readonly Step[] {
  return atomicChanges === undefined
    ? steps
    : steps.flatMap((step) => splitStep(step, atomicChanges));
}

function splitStep(step: Step, most: number): readonly Step[] {
  const parts = partsOf(step.changes, most);
  if (parts.length === 1) return [step];
  return parts.map((changes, index) => ({
    ...step,
    title: `${step.title} (${index + 1} of ${parts.length})`,
    changes,
  }));
}

function partsOf(changes: readonly Change[], most: number): readonly (readonly Change[])[] {
  const parts: Change[][] = [];
  for (const piece of piecesOf(changes)) {
    const last = parts.at(-1);
    if (last === undefined || last.length + piece.length > most) parts.push([...piece]);
    else last.push(...piece);
  }
  return parts;
}
