/** The other nodes' judgement of a change, for the agent that wrote it for all nodes. Pure. */
import type { OtherNodes } from '../confirm/other-nodes.ts';
import { nameSome } from '../name-some.ts';
import type { FleetSummary, FleetWaiting } from './summarise-fleet.ts';

/** @param node this node, which is left out */
export function judgeOthers(summary: FleetSummary, node: string): OtherNodes {
  const awaited = summary.unproven?.first.filter((name) => name !== node) ?? [];
  const unhealthy = textOf(summary.unhealthy, node, 'is not healthy');
  const rolledBack = textOf(summary.rolledBack, node, 'rolled back');
  return {
    ...(awaited.length > 0 && { awaited: nameSome(awaited) }),
    ...(unhealthy !== undefined && { unhealthy }),
    ...(rolledBack !== undefined && { rolledBack }),
  };
}

/** How many other nodes have confirmed the revision, or are healthy with it. */
export function healthyOthers(summary: FleetSummary, node: string): number {
  const { nodes, away, unproven, unhealthy, rolledBack } = summary;
  const isOwnDoubted =
    unproven?.first.includes(node) === true ||
    [unhealthy, rolledBack].some((waiting) => waiting?.first.some((one) => one.node === node));
  const doubted = [away, unproven, unhealthy, rolledBack].reduce(
    (sum, some) => sum + (some?.count ?? 0),
    0,
  );
  return Math.max(0, nodes - doubted - (isOwnDoubted ? 0 : 1));
}

/** `node-3 is not healthy (and 2 more): the session to …` */
function textOf(waiting: FleetWaiting | undefined, node: string, verb: string): string | undefined {
  const others = waiting?.first.filter((one) => one.node !== node) ?? [];
  const [first] = others;
  if (waiting === undefined || first === undefined) return undefined;
  const isOwnNamed = others.length < waiting.first.length;
  const more = waiting.count - (isOwnNamed ? 2 : 1);
  const and = more > 0 ? ` (and ${String(more)} more)` : '';
  return `${first.node} ${verb}${and}: ${first.why}`;
}
