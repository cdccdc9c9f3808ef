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
    if (status.revision === undefined || isEnded || isQuiet(status)) return;
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

/**
 * Nobody is waited for: while the configuration is still checked, the status is about the revision before,
 * which nodes that are away have confirmed, too. The push itself says that all have confirmed.
 */
export function isQuiet({ push, connected, waiting = [], confirming }: ControllerStatus): boolean {
  const isUnderWay = [...failures, ...underWay].some((state) => push[state] !== undefined);
  const isAwaited = isUnderWay || waiting.length > 0 || confirming !== undefined;
  return !isAwaited && (push['confirmed'] ?? 0) >= connected;
}

const underWay = ['sent', 'received', 'applied'] as const;
const failures = ['failed', 'rolling-back', 'rolled-back'] as const;

/** `2 of 6 connected nodes confirmed; 4 wait at: all live nodes guard` */
export function progressLine({
  push,
  connected,
  waiting = [],
  confirming,
}: ControllerStatus): string {
  const ends = failures
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
