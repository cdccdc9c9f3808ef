/** During a long push: prints on stderr the progress of the nodes and what they wait for, whenever that changes. */
import { printable } from '../../core/printable.ts';
import { answerOf, type DaemonClient } from '../../runtime/cli/daemon-client.ts';
import { write } from '../../runtime/cli/print.ts';
import type { ControllerStatus } from '../../schemas/generated/controller-api/controller-status.ts';
import { statusAnswer } from './answers.ts';
import { confirmingText } from './confirming-text.ts';

const everyMs = 2000;

/** Returns a function that ends it. Never fails: the push itself reports faults. */
export function reportProgress(client: DaemonClient, stderr: NodeJS.WritableStream): () => void {
  let isEnded = false;
  let last = '';
  const report = async (): Promise<void> => {
    const status = await answerOf(client.read({ method: 'GET', path: '/v1/status' }), statusAnswer);
    if (status.revision === undefined || isEnded) return;
    const line = progressLine(status);
    if (line !== last) await write(stderr, `${printable(line)}\n`);
    last = line;
  };
  const timer = setInterval(() => void report().catch(() => undefined), everyMs);
  return () => {
    isEnded = true;
    clearInterval(timer);
  };
}

/** `2 of 6 connected nodes confirmed; 4 wait at: all live nodes guard` */
export function progressLine({
  push,
  connected,
  waiting = [],
  confirming,
}: ControllerStatus): string {
  const ends = (['failed', 'rolling-back', 'rolled-back'] as const)
    .filter((state) => push[state] !== undefined)
    .map((state) => `, ${push[state]} ${state.replace('-', ' ')}`);
  const waits = waiting
    .slice(0, shownGates)
    .map(({ nodes, condition }) => `; ${nodes} of ${connected} wait at: ${condition}`);
  return [
    `${push['confirmed'] ?? 0} of ${connected} connected nodes confirmed`,
    ...ends,
    ...waits,
    ...(confirming === undefined ? [] : [`; ${confirmingText(confirming)}`]),
  ].join('');
}

const shownGates = 3;
