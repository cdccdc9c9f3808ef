/** calico-controller nodes: all known nodes, and how far each is. */
import { formatTable } from '../../runtime/cli/table.ts';
import type { Node, Nodes, RevisionRef } from '../../schemas/generated/controller-api/nodes.ts';
import { nodesAnswer } from './answers.ts';
import { reading } from './controller-client.ts';

export const addNodes = reading({
  name: 'nodes',
  summary: 'list the nodes, and how far each is',
  description:
    'Lists all known nodes: whether the agent is connected, the BGP settings that it reports, the ' +
    'revision in force, how far the push has come, and what the agent does.',
  examples: [
    ['for a person', 'calico-controller nodes'],
    [
      'which nodes are away?',
      "calico-controller nodes -o json | jq -r '.nodes[] | select(.connected | not) | .name'",
    ],
  ],
  path: '/v1/nodes',
  answer: nodesAnswer,
  text: nodesText,
});

const heading = ['NODE', 'CONNECTED', 'AS', 'CLUSTER ID', 'PEERS', 'REVISION', 'PUSH', 'STATE'];

function nodesText({ lineage, nodes }: Nodes): string {
  if (nodes.length === 0) return 'no agent has connected yet';
  const table = formatTable(
    heading,
    nodes.map((node) => row(node, lineage)),
  );
  return [table, ...nodes.flatMap(detailLines), ...holdLines(nodes)].join('\n');
}

function row(node: Node, lineage: string): string[] {
  return [
    node.name,
    node.connected ? 'yes' : `no, last seen ${node.lastSeenAt}`,
    String(node.asNumber ?? '-'),
    node.routeReflectorClusterId ?? '-',
    String(node.peers ?? '-'),
    revisionNumber(node.inForce, lineage),
    node.push?.state ?? '-',
    stateText(node),
  ];
}

function stateText({ connected, state, hold }: Node): string {
  if (!connected || state === undefined) return '-';
  return hold === undefined || state === 'held' ? state : `${state}, on hold`;
}

/** One line where thousands of agents report the same hold of their cluster. */
function holdLines(nodes: readonly Node[]): readonly string[] {
  const lines = nodes.flatMap(({ name, connected, hold }) => {
    if (!connected || hold === undefined) return [];
    const { scope, by, since, why } = hold;
    return [
      `${scope === 'cluster' ? 'the cluster' : name}: on hold by ${by} since ${since}: ${why}`,
    ];
  });
  return [...new Set(lines)];
}

/** The number alone for this controller's own revisions; each lineage counts for itself. */
function revisionNumber(ref: RevisionRef | undefined, lineage: string): string {
  if (ref === undefined) return '-';
  return ref.lineage === lineage ? String(ref.number) : `${ref.number} of ${ref.lineage}`;
}

/** What is too long for a row. */
function detailLines({ name, push, replaced }: Node): string[] {
  const lines: string[] = [];
  if (push?.message !== undefined) {
    lines.push(
      `${name}: ${push.message}${push.retrying === true ? ' (the agent tries again)' : ''}`,
    );
  }
  if (replaced?.rivals === true) {
    const { count, at } = replaced;
    lines.push(
      `${name}: ${rivalsText(replaced)} connect as this node (${count} times, last ${at}); ` +
        'give each machine its own name',
    );
  }
  return lines;
}

function rivalsText({ by, from }: { readonly by: string; readonly from: string }): string {
  return by === from ? `two machines behind ${by}` : `${by} and ${from} both`;
}
