/** During a long push: prints on stderr how many nodes have confirmed it, whenever that changes. */
import { answerOf, type DaemonClient } from '../../runtime/cli/daemon-client.ts';
import { write } from '../../runtime/cli/print.ts';
import type { ControllerStatus } from '../../schemas/generated/controller-api/controller-status.ts';
import { statusAnswer } from './answers.ts';

const everyMs = 2000;

/** Returns how to end it. Never fails: the push itself reports what is wrong. */
export function reportProgress(client: DaemonClient, stderr: NodeJS.WritableStream): () => void {
  let isEnded = false;
  let last = '';
  const report = async (): Promise<void> => {
    const status = await answerOf(client.read({ method: 'GET', path: '/v1/status' }), statusAnswer);
    if (status.revision === undefined || isEnded) return;
    const line = progressLine(status);
    if (line !== last) await write(stderr, `${line}\n`);
    last = line;
  };
  const timer = setInterval(() => void report().catch(() => undefined), everyMs);
  return () => {
    isEnded = true;
    clearInterval(timer);
  };
}

function progressLine({ push, connected }: ControllerStatus): string {
  const failed = push['failed'] === undefined ? '' : `, ${push['failed']} failed`;
  return `${push['confirmed'] ?? 0} of ${connected} connected nodes confirmed${failed}`;
}
