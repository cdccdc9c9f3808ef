/** The waves of a plan, in the form of the API. */
import type { Wave } from '../../../core/rollout/plan-waves.ts';

export interface ShownWave {
  readonly name: string;
  /** The number of its nodes. */
  readonly nodes: number;
  /** The first ones of them. */
  readonly names: readonly string[];
}

/** The most nodes that are named of a wave. */
const mostNamed = 20;

export function shownWaves(waves: readonly Wave[]): readonly ShownWave[] {
  return waves.map(({ name, nodes }) => ({
    name,
    nodes: nodes.length,
    names: nodes.slice(0, mostNamed),
  }));
}
