import type { NetworkModel } from '../config/model.ts';
import type { NodeFacts } from '../facts/facts.ts';
import type { Issue } from '../issue.ts';
import { checkAddresses } from './check-addresses.ts';
import { checkMesh } from './check-mesh.ts';
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
 * What only the nodes together tell, and what every node's resolution found: each finding once,
 * with some of the nodes that show it. Only for input that names the whole fleet. It decides what the
 * parser guesses: `withoutGuesses` of config/checks/mesh.ts are the parser's issues to show beside it.
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
  ]);
}

function resolveAll(model: NetworkModel, nodes: readonly NodeFacts[]): readonly Resolution[] {
  const rules = compileRules(model);
  return nodes.map((facts) => resolveNode(rules, facts));
}

/** What a node's own resolution finds and the checks of the whole fleet find more exactly. */
function withoutSingleViews(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ code }) => code !== addressUnknown && code !== nodeWithoutPeers);
}
