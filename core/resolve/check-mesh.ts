import { issueAt } from '../config/findings.ts';
import type { NetworkModel } from '../config/model.ts';
import type { Issue } from '../issue.ts';
import { nodeAsNumber } from './node-as-number.ts';
import type { Resolution } from './resolution.ts';

const named = 5;

/**
 * Nodes with different AS numbers in one mesh speak eBGP to each other: they detour traffic through
 * one another, and each looks Established. Where the model alone shows it, the parser has said so.
 */
export function checkMesh(
  model: NetworkModel,
  resolutions: readonly Resolution[],
): readonly Issue[] {
  const { nodeToNodeMesh } = model.bgp;
  if (nodeToNodeMesh?.value === false || parserSaidSo(model)) return [];
  const numbers = new Set(
    resolutions.flatMap((resolution) => nodeAsNumber(model, resolution)?.value ?? []),
  );
  if (numbers.size < 2) return [];
  const shown = [...numbers].sort((one, other) => one - other).slice(0, named);
  const more = numbers.size > named ? ` and ${numbers.size - named} more` : '';
  const state = nodeToNodeMesh === undefined ? 'is not managed, and on by default,' : 'is on';
  const message = `the node-to-node mesh ${state} while nodes have ${numbers.size} AS numbers: ${shown.join(', ')}${more}`;
  const hint = 'turn the mesh off once the nodes have peers, or give all nodes one AS number';
  const place = nodeToNodeMesh?.place ?? { pointer: '' };
  return [issueAt(place, 'warning', 'mesh-mixed-as-numbers', message, hint)];
}

function parserSaidSo({ bgp, groups }: NetworkModel): boolean {
  if (bgp.nodeToNodeMesh?.value !== true) return false;
  const numbers = [bgp.asNumber, ...groups.map(({ asNumber }) => asNumber)];
  return new Set(numbers.flatMap((number) => number?.value ?? [])).size > 1;
}
