import { printable } from '../../core/printable.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import { formatTable } from '../../runtime/cli/table.ts';
import type { NodesAnswer } from '../api/routes.ts';
import type { NodeView } from '../app/nodes/node-view.ts';
import {
  ask,
  controllerClient,
  formatOutput,
  type ClientOptions,
  type Terminal,
} from './settings.ts';

export async function nodes(options: ClientOptions, terminal: Terminal): Promise<number> {
  const client = controllerClient(options.socket);
  const document = await ask<NodesAnswer>(client, { method: 'GET', path: '/v1/nodes' });
  terminal.out(await formatOutput(document, options.output, nodesText));
  return 0;
}

const heading = ['NODE', 'CONNECTED', 'AS', 'CLUSTER ID', 'PEERS', 'REVISION', 'PUSH', 'STATE'];

function nodesText({ lineage, nodes: views }: NodesAnswer): string {
  if (views.length === 0) return 'no agent has connected yet';
  const table = formatTable(
    heading,
    views.map((view) => row(view, lineage)),
  );
  const lines = [...views.flatMap(remarks), ...holds(views)];
  return [table, ...lines.map(printable)].join('\n');
}

function row(node: NodeView, lineage: string): string[] {
  return [
    node.name,
    node.connected ? 'yes' : `no, last seen ${node.lastSeenAt}`,
    String(node.asNumber ?? '-'),
    node.routeReflectorClusterId ?? '-',
    String(node.peers ?? '-'),
    revisionText(node.inForce, lineage),
    node.push?.state ?? '-',
    stateText(node),
  ];
}

function stateText({ connected, state, hold }: NodeView): string {
  if (!connected || state === undefined) return '-';
  return hold === undefined || state === 'held' ? state : `${state}, on hold`;
}

/** One line where thousands of agents say the same of their cluster. */
function holds(views: readonly NodeView[]): readonly string[] {
  const lines = views.flatMap(({ name, connected, hold }) => {
    if (!connected || hold === undefined) return [];
    const { scope, by, since, why } = hold;
    return [
      `${scope === 'cluster' ? 'the cluster' : name}: on hold by ${by} since ${since}: ${why}`,
    ];
  });
  return [...new Set(lines)];
}

/** Another source's numbers have nothing to do with ours. */
function revisionText(ref: RevisionRef | undefined, lineage: string): string {
  if (ref === undefined) return '-';
  const number = String(ref.number);
  return ref.lineage === lineage ? number : `${number} of ${ref.lineage}`;
}

/** What does not fit a row. */
function remarks({ name, push, replaced }: NodeView): string[] {
  const lines: string[] = [];
  if (push?.message !== undefined) {
    lines.push(`${name}: ${push.message}${push.retrying === true ? ' (it goes on trying)' : ''}`);
  }
  if (replaced?.rivals === true) {
    lines.push(
      `${name}: ${rivalsText(replaced)} connect as this node ` +
        `(${String(replaced.count)} times, last ${replaced.at}); give each machine its own name`,
    );
  }
  return lines;
}

function rivalsText({ by, from }: { readonly by: string; readonly from: string }): string {
  return by === from ? `two machines behind ${by}` : `${by} and ${from} both`;
}
