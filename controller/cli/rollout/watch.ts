/** Follows a rollout until it has ended or waits for a person, also while controllers change. */
import { setTimeout as rest } from 'node:timers/promises';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { CurrentRollout } from '../../../schemas/generated/controller-api/current-rollout.ts';
import { rolloutAnswer } from '../answers.ts';
import type { CommandContext } from '../command-context.ts';
import { createControllerClient } from '../controller-client.ts';
import { showProgress, type ShownProgress } from './show-progress.ts';

type Shown = NonNullable<CurrentRollout['rollout']>;

const everyMs = 1000;

export interface Watched {
  /** Number of the rollout. Default: the newest one. */
  readonly number?: number;
  /** One JSON object a line on stdout, in place of the progress on stderr. */
  readonly json?: boolean;
}

/**
 * Resolves when the rollout has ended, or waits for a person.
 * @throws AppError without a controller, if the rollout is not known yet
 */
export async function watchRollout(
  socket: string,
  { stdout, stderr }: Pick<CommandContext, 'stdout' | 'stderr'>,
  { number, json = false }: Watched = {},
): Promise<ExitStatus> {
  const progress = json ? jsonLines(stdout, stderr) : showProgress(stderr);
  const read = reader(socket, progress);
  let watched = number;
  for (;;) {
    const answer = await read(watched !== undefined);
    if (answer !== undefined) {
      const { rollout } = answer;
      if (rollout === undefined && watched === undefined) return 0;
      watched ??= rollout?.number;
      if (rollout === undefined || rollout.number !== watched) {
        await progress.say(endedText(watched ?? 0, rollout));
        return 1;
      }
      await progress.show(rollout);
      const status = endOf(rollout);
      if (status !== undefined) return status;
    }
    await rest(everyMs);
  }
}

/**
 * @returns reads the rollout; undefined: no controller answers now, or it does not know the rollout
 * yet, and the rollout may go on
 */
function reader(
  socket: string,
  progress: Pick<ShownProgress, 'say'>,
): (isPatient: boolean) => Promise<CurrentRollout | undefined> {
  const client = createControllerClient(socket);
  let isAway = false;
  return async (isPatient) => {
    try {
      const reading = client.read({ method: 'GET', path: '/v1/rollout' });
      const answer = await answerOf(reading, rolloutAnswer);
      if (isAway) await progress.say('the controller answers again');
      isAway = false;
      return answer;
    } catch (error) {
      if (!isPatient || !(error instanceof AppError && error.retryable)) throw error;
      if (!isAway) await progress.say(`waiting for the controller: ${reasonOf(error)}`);
      isAway = true;
      return undefined;
    }
  };
}

/** A line for each change, which the seconds that are left are not. */
function jsonLines(stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): ShownProgress {
  let last = '';
  return {
    show: async (rollout) => {
      const { waitsFor, ...others } = rollout;
      const same = JSON.stringify({ ...others, waits: [waitsFor?.kind, waitsFor?.text] });
      if (same !== last) await write(stdout, `${JSON.stringify({ rollout })}\n`);
      last = same;
    },
    say: (text) => write(stderr, `${text}\n`),
  };
}

function endedText(watched: number, rollout: Shown | undefined): string {
  const ended = `the rollout of revision ${String(watched)} has ended`;
  if (rollout === undefined) return `${ended}: the controller does not know it any more`;
  return `${ended}: revision ${String(rollout.number)} is newer; calico-controller rollout list shows both`;
}

/** @returns undefined: there is more to come without a person */
function endOf({ phase, waitsFor }: Shown): ExitStatus | undefined {
  if (phase === 'done') return 0;
  if (phase === 'aborted' || phase === 'superseded' || waitsFor?.kind === 'resume') return 1;
  return waitsFor?.kind === 'approval' || waitsFor?.kind === 'confirm' ? 0 : undefined;
}
