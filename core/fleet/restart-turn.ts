/**
 * Decides which nodes may restart their services next: control planes before the others and one at a time, because a
 * datastore that runs on them needs most of them; then the others by name, and only so many at the same time. Every
 * node decides for itself, by the same summary.
 */
import { nameSome } from '../name-some.ts';
import type { FleetVerdict } from './judge-fleet.ts';
import type { FleetSummary } from '../../schemas/generated/fleet-summary.ts';
import { mostNamed } from './restart-order.ts';

/** Whether it is this node's turn. */
export function judgeTurn(summary: FleetSummary, node: string, limit: number): FleetVerdict {
  const { restartOrder = [], restarting = [], isControlPlaneLeft, rolledBack } = summary;
  const parallel = isControlPlaneLeft === true ? 1 : limit;
  const closed = (why: string): FleetVerdict => ({ isOpen: false, why });
  if (rolledBack !== undefined) {
    const [first] = rolledBack.first;
    const why = `${first?.node ?? 'a node'} went back to the previous configuration: ${first?.why ?? ''}`;
    return { isOpen: false, why, broken: why };
  }
  const others = restarting.filter((one) => one !== node);
  if (others.length >= parallel) return closed(`${nameSome(others)} restarts its services`);
  const place = restartOrder.indexOf(node);
  if (place === -1 && restartOrder.length < mostNamed) {
    return closed('the other nodes do not know yet that this node has services to restart');
  }
  if (place >= 0 && place < parallel) return { isOpen: true };
  return closed(`first comes ${nameSome(restartOrder.slice(0, place === -1 ? mostNamed : place))}`);
}
