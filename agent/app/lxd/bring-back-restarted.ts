/**
 * Starts containers that a restart took down, or may yet take down, and that nobody else starts.
 */
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { KeptMarks } from './kept-marks.ts';
import { withBroughtBack, type BegunRestart } from './restart-marks.ts';
import { waitUntilUp, type Restarting } from './wait-until-up.ts';

/** runs-on: with the same init process as before the restart. lost: it did not come back. */
type BroughtBack =
  { readonly result: 'ended' | 'runs-on' } | { readonly result: 'lost'; readonly why: string };

export interface BringingBack {
  readonly restarting: Restarting;
  readonly logger: Logger;
  readonly timeoutSeconds: number;
}

/** Brings back all containers that may be down, also after one that fails. @throws AppError */
export async function bringBackAll(deps: BringingBack, kept: KeptMarks): Promise<void> {
  const { under, slow = [] } = kept.now();
  let failure: { readonly error: unknown } | undefined;
  for (const one of [...under, ...slow]) {
    await bringBackOne(deps, kept, one).catch((error: unknown) => {
      failure ??= { error };
    });
  }
  if (failure !== undefined) throw failure.error;
}

async function bringBackOne(deps: BringingBack, kept: KeptMarks, one: BegunRestart): Promise<void> {
  const brought = await bringBack(deps, one);
  if (brought.result === 'lost') await kept.halt(one, brought.why);
  await kept.change((before) => withBroughtBack(before, one, brought.result === 'runs-on'));
}

/** @throws AppError where the result is not known, and trying again may help */
async function bringBack(
  { restarting, logger, timeoutSeconds }: BringingBack,
  one: BegunRestart,
): Promise<BroughtBack> {
  const { project, name, pid, networkUp: withNetwork = false } = one;
  const id = { project, name };
  const found = await restarting.lxd.look(id);
  if (found === undefined) return { result: 'ended' };
  if (found.inside !== undefined && found.inside.pid === pid) return { result: 'runs-on' };
  let refused: AppError | undefined;
  try {
    if (found.inside === undefined) {
      logger.info(`starting container "${name}", which its restart left down`);
      // LXD may be starting it already, and refuse. Only the container's state counts.
      refused = await restarting.lxd.start(id).then(() => undefined, asFinal);
    }
    await waitUntilUp(restarting, id, { agent: 'none', withNetwork, timeoutSeconds });
    return { result: 'ended' };
  } catch (error) {
    const { message } = asFinal(error);
    return { result: 'lost', why: refused?.message ?? message };
  }
}

/** @throws any error that is not the container's own fault */
function asFinal(error: unknown): AppError {
  const isFinal = error instanceof AppError && !error.retryable && error.code === 'apply-failed';
  if (!isFinal) throw error;
  return error;
}
