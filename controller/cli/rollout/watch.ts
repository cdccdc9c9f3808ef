/** Shows the progress of a rollout on stderr, whenever it changes. */
import { printable } from '../../../core/printable.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CurrentRollout } from '../../../schemas/generated/controller-api/current-rollout.ts';
import { rolloutAnswer } from '../answers.ts';
import { createControllerClient } from '../controller-client.ts';
import { progressText } from './rollout-text.ts';

type Shown = NonNullable<CurrentRollout['rollout']>;

const everyMs = 1000;

/**
 * Resolves when the rollout has ended, or waits for a person.
 * @param number of the rollout; default: the newest one @throws AppError without a controller
 */
export async function watchRollout(
  socket: string,
  stderr: NodeJS.WritableStream,
  number?: number,
): Promise<ExitStatus> {
  let watched = number;
  const client = createControllerClient(socket);
  let last = '';
  for (;;) {
    const reading = client.read({ method: 'GET', path: '/v1/rollout' });
    const { rollout } = await answerOf(reading, rolloutAnswer);
    if (rollout === undefined) return 0;
    watched ??= rollout.number;
    if (rollout.number !== watched) {
      await write(stderr, `${endedText(watched, rollout)}\n`);
      return 1;
    }
    const line = progressText(rollout);
    if (line !== last) await write(stderr, `${printable(line)}\n`);
    last = line;
    const status = endOf(rollout);
    if (status !== undefined) return status;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

function endedText(watched: number, { number }: Shown): string {
  return `the rollout of revision ${String(watched)} has ended: revision ${String(number)} is newer; calico-controller rollout list shows both`;
}

/** @returns undefined: there is more to come without a person */
function endOf({ phase, waitsFor }: Shown): ExitStatus | undefined {
  if (phase === 'done') return 0;
  if (phase === 'aborted' || phase === 'superseded' || waitsFor?.kind === 'resume') return 1;
  return waitsFor?.kind === 'approval' ? 0 : undefined;
}
