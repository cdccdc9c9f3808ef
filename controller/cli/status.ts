import { printable } from '../../core/printable.ts';
import type { ControllerStatus } from '../api/routes.ts';
import {
  ask,
  controllerClient,
  formatOutput,
  type ClientOptions,
  type Terminal,
} from './settings.ts';

export async function status(options: ClientOptions, terminal: Terminal): Promise<number> {
  const client = controllerClient(options.socket);
  const document = await ask<ControllerStatus>(client, { method: 'GET', path: '/v1/status' });
  terminal.out(await formatOutput(document, options.output, statusText));
  return 0;
}

function statusText(document: ControllerStatus): string {
  const { cluster, listen, tls, revision, problem, ...fleet } = document;
  const lines = [
    `cluster    ${cluster}`,
    `listens    ${tls ? 'wss' : 'ws'}://${listen}`,
    `nodes      ${String(fleet.connected)} connected of ${String(fleet.known)} known`,
  ];
  if (revision === undefined) {
    const why = problem ?? 'none yet: calico-controller push CONFIG';
    return [...lines, `revision   ${printable(why)}`].join('\n');
  }
  const { number, digest, by, acceptedAt } = revision;
  const push = Object.entries(fleet.push).map(([state, count]) => `${String(count)} ${state}`);
  return [
    ...lines,
    `revision   ${String(number)} (${digest.slice(0, 19)}), by ${printable(by)} at ${acceptedAt}`,
    `push       ${push.length === 0 ? 'no nodes' : push.join(', ')}`,
    ...(problem === undefined ? [] : [`problem    ${printable(problem)}`]),
  ].join('\n');
}
