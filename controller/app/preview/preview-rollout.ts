/** Shows what a rollout would do: what it changes, its waves, and whether it could begin now. */
import type { Issue } from '../../../core/issue.ts';
import { barrierText } from '../../../core/rollout/barrier.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { FleetPreview } from '../../../schemas/generated/fleet-preview.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import type { Preview } from './preview.ts';
import { planStart, startWords, wavesNow } from '../push/check-start.ts';
import { shownWaves, type ShownWave } from '../push/shown-waves.ts';
import { prepareStart, type StartDeps, type StartRequest } from '../push/start-rollout.ts';

export interface RolloutPreview {
  readonly result:
    /** It could begin now. */
    | 'planned'
    /** The fleet's newest revision has this content: nothing would begin. */
    | 'already'
    /** It could not begin now. */
    | 'refused';
  readonly preview: FleetPreview;
  readonly waves: readonly ShownWave[];
  /** Warnings of the strategy. */
  readonly issues: readonly Issue[];
  /** Why all nodes have to be prepared before the cluster-wide resources change. Absent: they need not. */
  readonly barrier?: string;
  /** Why it could not begin. Absent: it could. */
  readonly refusal?: Pick<AppError, 'code' | 'message'>;
}

export type PreviewRollout = (
  request: Omit<StartRequest, 'by'> & { readonly signal?: AbortSignal },
) => Promise<RolloutPreview>;

/** Nothing is changed by it. @returns rejects with the errors of the strategy, and those of a preview */
export function createPreviewRollout(
  deps: StartDeps & { readonly preview: Preview },
): PreviewRollout {
  const { fleet, rollouts } = deps;
  return async ({ signal, ...asked }) => {
    const request = { ...asked, by: 'nobody' };
    fleet.requireKnown('preview the rollout');
    const { waves, issues } = wavesNow(request, fleet, startWords);
    const { text, despite = [] } = request;
    const preview = await deps.preview({ text, despite, ...(signal && { signal }) });
    await rollouts.look();
    const asking = { ...deps, checker: asCheck(deps.checker, signal) };
    const prepared = await attempt(() => prepareStart(request, asking));
    // Without a revision that can be read there is nothing to compare for the barrier.
    const planned =
      preview.outcome === 'refused'
        ? undefined
        : await attempt(() => planStart(request, asking, startWords));
    const { refusal = planned?.refusal } = prepared;
    const barrier = planned?.done?.barrier;
    const result = prepared.done?.result === 'already' ? 'already' : 'planned';
    return {
      result: refusal === undefined ? result : 'refused',
      ...{ preview, waves: shownWaves(waves), issues },
      ...(barrier !== undefined && { barrier: barrierText(barrier) }),
      ...(refusal !== undefined && { refusal: { code: refusal.code, message: refusal.message } }),
    };
  };
}

/** Pushes go before a preview, which everybody may ask for, and it ends when its client leaves. */
function asCheck(
  checker: StartDeps['checker'],
  signal: AbortSignal | undefined,
): Pick<ConfigChecker, 'check' | 'preview'> {
  const options = signal === undefined ? {} : { signal };
  return {
    check: (text, nodes) => checker.check(text, nodes, options),
    preview: (question) => checker.preview(question, options),
  };
}

interface Attempt<T> {
  readonly done?: T;
  readonly refusal?: AppError;
}

/** @throws what is no refusal: a request that can be repeated, and faults of the program */
async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { done: await work() };
  } catch (error) {
    if (error instanceof AppError && !error.retryable) return { refusal: error };
    throw error;
  }
}
