/** During a long change: prints the agent's progress on stderr whenever it changes. */
import { setTimeout as wait } from 'node:timers/promises';
import { printable } from '../../../core/printable.ts';
import { answerOf, type DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import { statusAnswer } from '../daemon/answers.ts';
import { write } from '../../../runtime/cli/print.ts';
import { progressText } from './status-text.ts';

const readEveryMs = 1000;

/** Never fails: the request under way reports how it ends. */
export async function watchProgress(
  client: DaemonClient,
  stderr: NodeJS.WritableStream,
  done: AbortSignal,
): Promise<void> {
  let last = '';
  try {
    for (;;) {
      await wait(readEveryMs, undefined, { signal: done });
      const request = { method: 'GET', path: '/v1/status', signal: done } as const;
      const text = printable(progressText(await answerOf(client.read(request), statusAnswer)));
      if (text !== last) await write(stderr, `${text}\n`);
      last = text;
    }
  } catch {
    // The change has ended, or the agent does not answer: then the request itself fails with the
    // reason.
  }
}
