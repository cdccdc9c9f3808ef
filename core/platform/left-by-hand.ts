import { digestOfFile } from './due-restarts.ts';
import type { ManualStep } from './manual-step.ts';

/** Steps for which the change waits until a person says that they are done. */
export interface LeftByHand {
  readonly steps: readonly ManualStep[];
  /**
   * `early-…`: names the place, the commands and what they are for. Others at the same place are not done when these
   * are.
   */
  readonly digest: string;
}

/** Where a person's steps stand: around the change of a node, or in place of early or late edits of the cluster. */
export type PlaceByHand = 'before' | 'after' | 'early' | 'late';

/** @param asked what the configuration asks for: the same commands for something else have to be run again */
export function leftByHand(
  steps: readonly ManualStep[],
  place: PlaceByHand,
  asked: unknown,
): LeftByHand {
  const commands = steps.map((step) => step.commands);
  return {
    steps,
    digest: `${place}-${digestOfFile(JSON.stringify([commands, asked])).slice(0, 32)}`,
  };
}

export function placeOf(digest: string): string {
  return digest.slice(0, digest.indexOf('-'));
}
