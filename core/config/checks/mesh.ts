/** The node-to-node mesh beside the other sessions. */
import { describePlace, type Findings } from '../findings.ts';
import type { NetworkModel, Sourced } from '../model.ts';

type Part = Pick<NetworkModel, 'bgp' | 'groups'>;

export function checkMesh({ bgp, groups }: Part, findings: Findings): void {
  const mesh = bgp.nodeToNodeMesh;
  if (mesh === undefined) return;
  const hasPeers = bgp.peers.length > 0 || groups.some(({ peers }) => peers.length > 0);
  if (!mesh.value && !hasPeers) {
    const message = 'the node-to-node mesh is off and there is no peer: no node learns a route';
    const hint = 'give peers, or leave the mesh on';
    findings.warning(mesh.place, 'no-bgp-sessions', message, hint);
  }
  if (mesh.value) checkMixedAsNumbers(mesh, { bgp, groups }, findings);
}

/**
 * A mesh peer without an AS number of its own is rendered with the viewing node's
 * [confd/etc/calico/confd/templates], so sessions between different AS numbers do not come up.
 */
function checkMixedAsNumbers(
  mesh: Sourced<boolean>,
  { bgp, groups }: Part,
  findings: Findings,
): void {
  const numbers = [bgp.asNumber, ...groups.map(({ asNumber }) => asNumber)].filter(
    (number) => number !== undefined,
  );
  const [first] = numbers;
  const other = numbers.find(({ value }) => value !== first?.value);
  if (first === undefined || other === undefined) return;
  const message = `the mesh is on (${describePlace(mesh.place)}) and nodes have different AS numbers, ${first.value} and ${other.value}: give every node one of its own, or mesh sessions fail with a bad peer AS`;
  const hint = 'turn the mesh off where AS numbers differ, and peer through routers or reflectors';
  findings.warning(other.place, 'mesh-mixed-as-numbers', message, hint);
}
