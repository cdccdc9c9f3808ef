/** What the nodes of a rollout say about the revisions that they are to have now. */

/** Numbers of nodes; a node counts in one of them. */
export interface WaveCount {
  /** Nodes of the wave, also those that came later. */
  readonly nodes: number;
  readonly confirmed: number;
  /** It refused the revision, rolled it back, or was taken over. */
  readonly failed: number;
  /** Connected, and on the way. */
  readonly working: number;
  /** It took the revision, and is not connected now. */
  readonly left: number;
  /** Not connected since before it could take the revision. */
  readonly away: number;
}

/** The names of the nodes of a wave that have not confirmed, as the counts of the wave say. */
export interface OpenNodes {
  readonly failed: readonly string[];
  readonly working: readonly string[];
  readonly left: readonly string[];
  readonly away: readonly string[];
}

export interface Seen {
  /** By the place of the wave; those that have not begun count nothing but `nodes` and `away`. */
  readonly waves: readonly WaveCount[];
  /** By the place of the wave. */
  readonly open: readonly OpenNodes[];
  /** The first failures, for people: `node-1: it refused the configuration`. */
  readonly failures: readonly string[];
  /** Nodes of the step that have the revision in force, and wait for a person to confirm it. Absent: none. */
  readonly awaitPerson?: readonly string[];
  /** At a barrier: the nodes that are waited for, sorted by name. Absent: none, or there is no barrier now. */
  readonly absent?: readonly AbsentNode[];
  /** By the place of the wave: nodes that confirmed, and are not connected now. Absent: none. */
  readonly gone?: readonly (readonly string[])[];
  /** Nodes that were revoked, and cannot connect again as they are. Absent: none. */
  readonly revoked?: readonly string[];
  /**
   * The controller has just begun, and nodes are away that may connect again: what is not there yet
   * proves nothing.
   */
  readonly mayReturn?: boolean;
}

/** A node that has not arrived at a barrier. */
export interface AbsentNode {
  readonly node: string;
  readonly why: string;
}

export const nothing: WaveCount = {
  nodes: 0,
  confirmed: 0,
  failed: 0,
  working: 0,
  left: 0,
  away: 0,
};

/** The names of the nodes of these waves that confirmed, and are not connected now. */
export function goneOf({ gone = [] }: Seen, waves: readonly number[]): readonly string[] {
  return waves.flatMap((wave) => gone[wave] ?? []);
}

/** Of these nodes those that were revoked, and cannot connect again as they are. */
export function revokedOf({ revoked = [] }: Seen, nodes: readonly string[]): readonly string[] {
  if (revoked.length === 0) return [];
  const those = new Set(revoked);
  return nodes.filter((node) => those.has(node));
}

/** The names of the nodes of these waves that have not confirmed. */
export function openOf({ open }: Seen, waves: readonly number[]): OpenNodes {
  const found = waves.flatMap((wave) => open[wave] ?? []);
  return {
    failed: found.flatMap(({ failed }) => failed),
    working: found.flatMap(({ working }) => working),
    left: found.flatMap(({ left }) => left),
    away: found.flatMap(({ away }) => away),
  };
}

export function sumOf(counts: readonly WaveCount[]): WaveCount {
  return counts.reduce(
    (sum, count) => ({
      nodes: sum.nodes + count.nodes,
      confirmed: sum.confirmed + count.confirmed,
      failed: sum.failed + count.failed,
      working: sum.working + count.working,
      left: sum.left + count.left,
      away: sum.away + count.away,
    }),
    nothing,
  );
}
