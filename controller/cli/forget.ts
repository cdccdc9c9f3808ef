import type { ForgetAnswer } from '../api/routes.ts';
import {
  ask,
  controllerClient,
  formatOutput,
  type ClientOptions,
  type Terminal,
} from './settings.ts';

export async function forget(
  names: readonly string[],
  options: ClientOptions,
  terminal: Terminal,
): Promise<number> {
  const query = new URLSearchParams();
  for (const name of names) query.append('name', name);
  const client = controllerClient(options.socket);
  const path = `/v1/nodes?${query.toString()}`;
  const document = await ask<ForgetAnswer>(client, { method: 'DELETE', path });
  terminal.out(await formatOutput(document, options.output, forgetText));
  return 0;
}

function forgetText({ forgotten }: ForgetAnswer): string {
  return `forgot ${forgotten.join(', ')}; a node that connects again is known again`;
}
