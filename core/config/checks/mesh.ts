/** Checks the node-to-node mesh together with the other sessions. */
import type { Issue, Place } from '../../issue.ts';
import { describePlace, type Findings } from '../../findings.ts';
import type { NetworkModel, Sourced } from '../model.ts';

type Part = Pick<NetworkModel, 'bgp' | 'groups' | 'dialect'>;

export function checkMesh(model: Part, findings: Findings): void {
  const { bgp, groups } = model;
  const mesh = bgp.nodeToNodeMesh;
  if (mesh?.value === false && !hasPeers({ bgp, groups })) {
    const message =
      'the node-to-node mesh is off and there is no peer here: only BGPPeers that are not in this configuration give nodes a session';
    const hint = 'give peers, or leave the mesh on';
    findings.warning(mesh.place, 'no-bgp-sessions', message, hint);
  }
  if (mesh?.value !== false) checkMixedAsNumbers(model, findings);
}

export function hasPeers({ bgp, groups }: Pick<NetworkModel, 'bgp' | 'groups'>): boolean {
  return bgp.peers.length > 0 || groups.some(({ peers }) => peers.length > 0);
}

export const mixedAsNumbers = 'mesh-mixed-as-numbers';

/**
 * Takes out issues about AS numbers in a mesh, which are guesses as long as the nodes are not
 * known: the check of the fleet decides.
 */
export function withoutGuesses(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter(({ code }) => code !== mixedAsNumbers);
}

/**
 * Mesh sessions between nodes of different AS numbers are eBGP. A mesh peer without a number of its
 * own is rendered with the viewing node's (confd/etc/calico/confd/templates/bird.cfg.template), so
 * that its neighbours get different numbers.
 */
function checkMixedAsNumbers({ bgp, groups, dialect }: Part, findings: Findings): void {
  const ruled = groups.flatMap(({ asNumber }) => asNumber ?? []);
  const [first, ...others] = [...(bgp.asNumber === undefined ? [] : [bgp.asNumber]), ...ruled];
  if (first === undefined) return;
  const other = others.find(({ value }) => value !== first.value);
  const mesh = bgp.nodeToNodeMesh;
  if (other !== undefined && mesh !== undefined) {
    const message = `the mesh is on (${describePlace(mesh.place)}) and nodes have different AS numbers, ${first.value} and ${other.value}: mesh sessions between them are eBGP`;
    warn(other.place, message, mixedHint(bgp.asNumber, dialect), findings);
  } else if (ruled.length > 0 && bgp.asNumber === undefined) {
    const message = `rules set AS numbers, but nodes outside of them get none, and the mesh ${stateOf(mesh)}: each node then takes such a neighbour for one of its own AS number`;
    warn(first.place, message, mixedHint(undefined, dialect), findings);
  }
}

function warn(place: Place, message: string, hint: string, findings: Findings): void {
  findings.warning(place, mixedAsNumbers, message, hint);
}

/** Completes "the mesh …". */
export function stateOf(mesh: Sourced<boolean> | undefined): string {
  return mesh === undefined ? 'is not managed, and on by default' : 'is on';
}

/** With a global number every node has an explicit one. */
export function mixedHint(
  global: Sourced<number> | undefined,
  dialect: NetworkModel['dialect'],
): string {
  const off = 'switch the mesh off once the nodes have peers';
  if (global !== undefined) return `give all nodes one AS number, or ${off}`;
  const option = dialect === 'charm' ? 'global-as-number' : 'bgp.asNumber';
  return `set ${option}, so that every node gets an explicit AS number, or ${off}`;
}
