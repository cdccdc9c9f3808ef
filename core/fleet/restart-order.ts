/** The order in which nodes restart their services. */
import type { FleetSummary } from '../../schemas/generated/fleet-summary.ts';
import { byText } from '../by-text.ts';
import type { FleetReport } from './fleet-report.ts';

/** The next nodes that a summary names. */
export const mostNamed = 10;

/** The nodes with a restart before them, in their order; absent: there are none. */
export function restartsOf(
  reports: readonly FleetReport[],
): Pick<FleetSummary, 'restartOrder' | 'restarting' | 'isControlPlaneLeft'> {
  const due = reports.filter(({ platform }) => platform?.restart !== undefined);
  const order = due.toSorted(
    (one, other) => rank(one) - rank(other) || byText(one.node, other.node),
  );
  const under = order.filter(({ platform }) => platform?.restart === 'turn');
  const names = (some: readonly FleetReport[]): string[] =>
    some.slice(0, mostNamed).map(({ node }) => node);
  return {
    ...(order.length > 0 && { restartOrder: names(order) }),
    ...(under.length > 0 && { restarting: names(under) }),
    ...(due.some(({ platform }) => platform?.isControlPlane === true) && {
      isControlPlaneLeft: true,
    }),
  };
}

/** A node that restarts already comes first, so that nobody overtakes it. */
function rank({ platform }: FleetReport): number {
  if (platform?.restart === 'turn') return 0;
  return platform?.isControlPlane === true ? 1 : 2;
}
