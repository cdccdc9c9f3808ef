import type { NetworkModel } from '../config/model.ts';
import type { NodeFacts } from '../facts/facts.ts';
import type { Issue } from '../issue.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkMesh } from './check-mesh.ts';
import { checkMetalLbNodes } from './metallb/check-metallb.ts';
import { checkPeerAs } from './check-peer-as.ts';
import { checkReferences } from './check-references.ts';
import { checkSessions } from './check-sessions.ts';
import { fleetSessions } from './session-map.ts';
import { addressUnknown, nodeWithoutPeers, type Resolution } from '../resolve/resolution.ts';
import { checkRoutes } from './routes/check-routes.ts';
import { resolveNode } from '../resolve/resolve-node.ts';
import { compileRules } from '../resolve/rules.ts';
import { summarise } from './summarise.ts';

/**
 * Checks the whole fleet: issues of all nodes together and of each node's resolution, each once,
 * with some of its nodes. Only for input that names all nodes. It replaces guesses of the parser:
 * show only `withoutGuesses` (config/checks/mesh.ts) of the parser's issues beside it.
 */
export function checkFleet(
  model: NetworkModel,
  nodes: readonly NodeFacts[],
  resolutions: readonly Resolution[] = resolveAll(model, nodes),
): readonly Issue[] {
  const sessions = fleetSessions(model, nodes, resolutions);
  return summarise([
    ...checkAddresses(model, nodes),
    ...withoutSingleViews(resolutions.flatMap(({ issues }) => issues)),
    ...checkMesh(model, resolutions),
    ...checkSessions(model, resolutions, sessions),
    ...checkRoutes(model, nodes, resolutions, sessions),
    ...checkPeerAs(resolutions, sessions),
    ...checkReferences(model, nodes),
    ...checkMetalLbNodes(model, nodes, resolutions),
  ]);
}

function resolveAll(model: NetworkModel, nodes: readonly NodeFacts[]): readonly Resolution[] {
  const rules = compileRules(model);
  return nodes.map((facts) => resolveNode(rules, facts));
}

/** Leaves out issues of a node's own resolution that the checks of the fleet find more exactly. */
function withoutSingleViews(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ code }) => code !== addressUnknown && code !== nodeWithoutPeers);
}
