/** Brings a followed file to the nodes by a rollout with the strategy of the settings. */
import type { Rollout } from '../../../core/rollout/steps.ts';
import { isOver } from '../../../core/rollout/step.ts';
import { newestOf } from '../../../core/rollout/targets.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { shellWord } from '../../../core/shell-word.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import { startWords, type StartWords } from '../push/check-start.ts';
import type { Push, TryPush } from '../push/push.ts';
import type { StartRequest, StartRollout } from '../push/start-rollout.ts';

export interface RolloutBySourceDeps {
  readonly file: string;
  /** Its file, for hints. */
  readonly strategyFile: string;
  readonly strategy: () => Promise<RolloutStrategy>;
  readonly start: StartRollout;
  readonly tryStart: (request: StartRequest) => Promise<void>;
}

export interface RolloutBySource {
  /** Starts a rollout. */
  readonly push: Push;
  readonly tryPush: TryPush;
}

export function createRolloutBySource({
  file,
  strategyFile,
  strategy,
  start,
  tryStart,
}: RolloutBySourceDeps): RolloutBySource {
  const words = wordsOf(file, strategyFile);
  const asRollout = async (request: Parameters<Push>[0]): Promise<StartRequest> => ({
    ...request,
    strategy: await strategy(),
    words,
  });
  return {
    push: async (request) => {
      const asked = await asRollout(request);
      const { result, revision, issues, waves } = await withFirstIssue(() => start(asked));
      if (result === 'already') return { result, revision, issues };
      return { result: 'accepted', revision, issues, waves };
    },
    tryPush: async (request) => {
      const asked = await asRollout(request);
      await withFirstIssue(() => tryStart(asked));
    },
  };
}

function wordsOf(file: string, strategyFile: string): StartWords {
  const start = `calico-controller rollout start ${shellWord(file)} --strategy ${shellWord(strategyFile)}`;
  return {
    ...startWords,
    what: 'start the rollout of the source',
    supersede: `start it by hand: ${start} --supersede`,
    acceptLoss: `${start} --accept-loss begins it so`,
  };
}

/** The source shows a sentence only, in which nobody would find what is wrong with the strategy. */
async function withFirstIssue<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, issues } = error;
    const [first] = issues;
    if (first === undefined) throw error;
    throw new AppError(code, `${message}: ${first.message}`, { issues, cause: error });
  }
}

/** The end for which a new content waits; undefined: no rollout is on its way. */
export function waitsForRollout(rollout: Rollout | undefined): string | undefined {
  if (rollout?.kind !== 'rollout' || isOver(rollout)) return undefined;
  const { revisions, state } = rollout;
  const doing = state.phase === 'back' ? 'goes back' : 'is running';
  const how = state.paused === undefined ? doing : 'is paused';
  return `the rollout of revision ${String(revisions.target)} ${how}, and the file waits for its end: calico-controller rollout status`;
}

/** Said of a content that is the newest revision. */
export function runsNow(rollout: Rollout | undefined): { readonly why?: string } {
  const isForward = rollout?.kind === 'rollout' && rollout.state.phase === 'forward';
  return isForward ? { why: 'its rollout is running: calico-controller rollout status' } : {};
}

/** Why a rollout went back that made the revision, or decided about it; undefined: none did. */
export function wentBack(
  newest: Revision | undefined,
  rollout: Rollout | undefined,
): WentBack | undefined {
  if (newest === undefined || rollout?.kind !== 'rollout') return undefined;
  const { phase, reason } = rollout.state;
  const isBack = phase === 'back' || phase === 'aborted';
  if (!isBack || newestOf(rollout) !== newest.number) return undefined;
  return { revision: rollout.revisions.target, ...(reason !== undefined && { reason }) };
}

export interface WentBack {
  /** The first revision of the rollout. */
  readonly revision: number;
  readonly reason?: string;
}
