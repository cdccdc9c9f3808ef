/** Whether an agent of ours looks after LXD on this machine: then its configuration decides. */
import { isMap, textAt, valueAt } from '../../../core/input/plain-data.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LxdReport } from '../../app/lxd/report.ts';
import type { RestartReport } from '../../app/lxd/restart-containers.ts';
import { createAgentClient, jsonOf, type AgentClient } from '../daemon/agent-client.ts';

export interface LxdAgent {
  readonly client: AgentClient;
  /** It accepted one already. */
  readonly hasConfiguration: boolean;
}

/** undefined: none runs, or it is the agent of a node. @throws AppError */
export async function findLxdAgent(socket: string): Promise<LxdAgent | undefined> {
  const client = createAgentClient(socket);
  try {
    const status = jsonOf(await client.read({ method: 'GET', path: '/v1/status' }));
    if (textAt(status, 'role') !== 'lxd-host') return undefined;
    const hasConfiguration = valueAt(status, 'revisions', 'accepted') !== undefined;
    return { client, hasConfiguration };
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-listening') return undefined;
    throw error;
  }
}

export function isLxdReport(value: unknown): value is LxdReport {
  const isThere = isMap(value) && Array.isArray(value['containers']);
  return isMap(value) && (value['state'] === 'absent' || isThere);
}

export function isRestartReport(value: unknown): value is RestartReport {
  return (
    isMap(value) && ['restarted', 'failed', 'left'].every((name) => Array.isArray(value[name]))
  );
}
