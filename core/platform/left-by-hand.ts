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
  /** The digest of those steps that are done once for the cluster; absent: there are none. */
  readonly once?: string;
}

/**
 * Where a person's steps stand: around the change of a node, in place of early or late edits of the cluster, or `once`:
 * the part of `after` that is done once for the cluster.
 */
export type PlaceByHand = 'before' | 'after' | 'once' | 'early' | 'late';

/** @param asked what the configuration asks for: the same commands for something else have to be run again */
export function leftByHand(
  steps: readonly ManualStep[],
  place: PlaceByHand,
  asked: unknown,
): LeftByHand {
  const once = steps.filter(({ isOnce }) => isOnce === true);
  return {
    steps,
    digest: digestOf(steps, place, asked),
    ...(once.length > 0 && { once: digestOf(once, 'once', asked) }),
  };
}

function digestOf(steps: readonly ManualStep[], place: PlaceByHand, asked: unknown): string {
  const commands = steps.map((step) => step.commands);
  return `${place}-${digestOfFile(JSON.stringify([commands, asked])).slice(0, 32)}`;
}

export function placeOf(digest: string): string {
  return digest.slice(0, digest.indexOf('-'));
}
