import { json, type HttpRequest, type Reply } from '../../runtime/http/server.ts';
import type { LxdOperations } from '../app/lxd/lxd-operations.ts';
import { readObject, unreadable } from './json-body.ts';

const maxContainers = 1000;

/** Answers when the last of them is up, or one did not come back; no other begins once nobody listens. */
export async function restartContainers(lxd: LxdOperations, request: HttpRequest): Promise<Reply> {
  const { body, signal } = request;
  const { containers = [] } = await readObject(body, ['containers']);
  if (!isNames(containers) || containers.length > maxContainers) {
    throw unreadable(`containers has to be a list of at most ${String(maxContainers)} names`);
  }
  return json(await lxd.restart(containers, signal));
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}
