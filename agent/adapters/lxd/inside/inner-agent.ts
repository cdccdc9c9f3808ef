import { isMap } from '../../../../core/input/plain-data.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { createUnixHttpClient } from '../../../../runtime/http/unix-client.ts';
import type { InnerAgent } from '../../../ports/lxd-host.ts';
import { jsonBounds } from '../../../../core/input/bounds.ts';
import { jsonValue } from '../../../../core/input/parse-json.ts';

/**
 * States in which the agent has nothing left to do. An agent that has just started is recovering.
 */
const healthyStates: ReadonlySet<unknown> = new Set([
  'in-force',
  'waiting',
  'awaiting-writer',
  'awaiting-gate',
  'confirming',
  'drifted',
  'held',
]);

/**
 * Asks the agent in a container on its reading socket, which the host reaches by the container's
 * init.
 */
export async function askInnerAgent(pid: number): Promise<InnerAgent> {
  const socket = `/proc/${String(pid)}/root/run/calico-agent/status.sock`;
  const client = createUnixHttpClient(socket, { startHint: '', maxAnswerBytes: 4 * 1024 * 1024 });
  try {
    const answer = await client.request({ method: 'GET', path: '/v1/status', timeoutMs: 2000 });
    return judgeStatus(jsonValue(answer.body, jsonBounds.answer));
  } catch (error) {
    const isNobody =
      error instanceof AppError && ['not-listening', 'io-failed'].includes(error.code);
    return isNobody ? 'none' : 'unhealthy';
  }
}

/** @param status the answer to GET /v1/status */
export function judgeStatus(status: unknown): InnerAgent {
  return isMap(status) && healthyStates.has(status['state']) ? 'healthy' : 'unhealthy';
}
