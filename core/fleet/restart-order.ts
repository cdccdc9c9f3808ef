/** The order in which nodes restart their services. */
import { byText } from '../by-text.ts';
import type { FleetReport } from './fleet-report.ts';

/** The most nodes that a summary names for one reason. */
export const mostNamed = 10;

/** A node that restarts already comes first, so that nobody overtakes it; then control planes, by name. */
export function byRestart(one: FleetReport, other: FleetReport): number {
  return rank(one) - rank(other) || byText(one.node, other.node);
}

function rank({ platform }: FleetReport): number {
  if (platform?.restart === 'turn') return 0;
  return platform?.isControlPlane === true ? 1 : 2;
}
