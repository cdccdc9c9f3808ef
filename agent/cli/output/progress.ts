/** While a change takes long: what the agent is at, on stderr, whenever that changes. */
import { setTimeout as wait } from 'node:timers/promises';
import { printable } from '../../../core/printable.ts';
import { isAgentStatus } from '../../../schemas/generated/agent-status.validator.js';
import { jsonOf, type AgentClient } from '../daemon/agent-client.ts';
import { write } from './print.ts';
import { progressText } from './status-text.ts';

const lookEveryMs = 1000;

/** Never fails: what is waited for says how it ends. */
export async function watchProgress(
  client: AgentClient,
  stderr: NodeJS.WritableStream,
  done: AbortSignal,
): Promise<void> {
  let last = '';
  try {
    for (;;) {
      await wait(lookEveryMs, undefined, { signal: done });
      const request = { method: 'GET', path: '/v1/status', signal: done } as const;
      const status = jsonOf(await client.read(request));
      if (!isAgentStatus(status)) return;
      const text = printable(progressText(status));
      if (text !== last) await write(stderr, `${text}\n`);
      last = text;
    }
  } catch {
    // Done, or the agent does not answer: the request itself tells.
  }
}
