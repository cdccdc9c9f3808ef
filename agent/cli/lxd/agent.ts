/** Finds an agent that manages LXD on this machine. If there is one, its configuration decides. */
import { AppError } from '../../../runtime/errors.ts';
import { answerOf, type DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import { createAgentClient } from '../daemon/agent-client.ts';
import { statusAnswer } from '../daemon/answers.ts';
import { rolesOf } from '../output/roles-of.ts';

export interface LxdAgent {
  readonly client: DaemonClient;
  /** The agent has accepted a configuration. */
  readonly hasConfiguration: boolean;
}

/** undefined: no agent runs, or it does not have the role lxd-host. @throws AppError */
export async function findLxdAgent(socket: string): Promise<LxdAgent | undefined> {
  const client = createAgentClient(socket);
  try {
    const reading = client.read({ method: 'GET', path: '/v1/status' });
    const status = await answerOf(reading, statusAnswer);
    if (!rolesOf(status).includes('lxd-host')) return undefined;
    return { client, hasConfiguration: status.revisions.accepted !== undefined };
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-listening') return undefined;
    throw error;
  }
}
