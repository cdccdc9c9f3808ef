import { mixedAsNumbers, mixedHint, stateOf } from '../config/checks/mesh.ts';
import { issueAt } from '../findings.ts';
import type { NetworkModel } from '../config/model.ts';
import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import type { Resolution } from '../resolve/resolution.ts';

const named = 5;

/**
 * Mesh sessions between nodes with different AS numbers are eBGP: they lead traffic through other
 * nodes, although each is Established. A node without a number of its own is rendered with the
 * viewing node's (confd/etc/calico/confd/templates/bird.cfg.template). Reflectors are not in the
 * mesh (confd/pkg/backends/calico/bgp_processor.go).
 */
export function checkMesh(
  { bgp, dialect }: NetworkModel,
  resolutions: readonly Resolution[],
): readonly Issue[] {
  const { nodeToNodeMesh } = bgp;
  if (nodeToNodeMesh?.value === false) return [];
  const meshed = resolutions.filter((node) => node.routeReflectorClusterId === undefined);
  const numbers = new Set(meshed.flatMap(({ asNumber }) => asNumber?.value ?? []));
  const without = meshed.filter(({ asNumber }) => asNumber === undefined);
  const found = mixture(numbers, without);
  if (found === undefined) return [];
  const message = `the node-to-node mesh ${stateOf(nodeToNodeMesh)}, while ${found}`;
  const place = nodeToNodeMesh?.place ?? { pointer: '' };
  return [issueAt(place, 'warning', mixedAsNumbers, message, mixedHint(bgp.asNumber, dialect))];
}

function mixture(numbers: ReadonlySet<number>, without: readonly Resolution[]): string | undefined {
  const shown = [...numbers].sort((one, other) => one - other).slice(0, named);
  const more = numbers.size > named ? ` and ${numbers.size - named} more` : '';
  if (numbers.size > 1) {
    return `nodes have ${numbers.size} AS numbers: ${shown.join(', ')}${more}; mesh sessions between them are eBGP`;
  }
  if (numbers.size === 0 || without.length === 0) return undefined;
  const names = nameSome(without.map(({ node }) => node));
  return `nodes have AS number ${shown.join('')}, and others get none: ${names}; each node takes such a neighbour for one of its own AS number`;
}
