import { formatTable } from '../../runtime/cli-table.ts';
import type { NodesAnswer } from '../api/routes.ts';
import type { NodeView } from '../app/node-view.ts';
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

function nodesText({ nodes: views }: NodesAnswer): string {
  if (views.length === 0) return 'no agent has connected yet';
  const table = formatTable(heading, views.map(row));
  return [table, ...views.flatMap(remarks)].join('\n');
}

function row(node: NodeView): string[] {
  return [
    node.name,
    node.connected ? 'yes' : `no, last seen ${node.lastSeenAt}`,
    String(node.asNumber ?? '-'),
    node.routeReflectorClusterId ?? '-',
    String(node.peers ?? '-'),
    String(node.inForce?.number ?? '-'),
    node.push?.state ?? '-',
    node.state ?? '-',
  ];
}

/** What does not fit a row. */
function remarks({ name, push, replaced }: NodeView): string[] {
  const lines: string[] = [];
  if (push?.message !== undefined) {
    lines.push(`${name}: ${push.message}${push.retrying === true ? ' (it goes on trying)' : ''}`);
  }
  if (replaced !== undefined && replaced.by !== replaced.from) {
    lines.push(
      `${name}: ${replaced.by} and ${replaced.from} both connect as this node ` +
        `(${String(replaced.count)} times, last ${replaced.at}); give each machine its own name`,
    );
  }
  return lines;
}
