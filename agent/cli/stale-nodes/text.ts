import type { StaleNode } from '../../../core/survey/stale-node.ts';
import { formatTable } from '../../../runtime/cli/table.ts';

export function staleNodesText(nodes: readonly StaleNode[]): string {
  const heading = ['NODE', 'CALICO NODE', 'NAMED BY', 'BLOCKS', 'ADDRESSES IN USE'];
  return formatTable(
    heading,
    nodes.map((node) => [
      node.name,
      node.hasNode ? 'yes' : 'no',
      shortened(node.objects),
      shortened(node.blocks.map(({ cidr }) => cidr)),
      String(addressesInUse(node)),
    ]),
  );
}

function addressesInUse({ blocks }: StaleNode): number {
  return blocks.reduce((sum, { addresses }) => sum + addresses, 0);
}

const mostShown = 3;

function shortened(texts: readonly string[]): string {
  if (texts.length === 0) return '-';
  const shown = texts.slice(0, mostShown).join(', ');
  return texts.length > mostShown ? `${shown} and ${texts.length - mostShown} more` : shown;
}
