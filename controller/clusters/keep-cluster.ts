/**
 * Keeps one of several clusters served. A cluster that cannot be served does not end the others: it is
 * tried again, and so is a cluster whose lead went to another controller.
 */
import { backoff, type BackoffLimits } from '../../core/protocol/backoff.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import type { RunningCluster } from './start-cluster.ts';

type Kept = Pick<RunningCluster, 'opened' | 'ended' | 'reload' | 'stop'>;

export type KeptState<C> =
  | { readonly kind: 'starting' }
  | { readonly kind: 'runs'; readonly cluster: C }
  | { readonly kind: 'failed'; readonly reason: string; readonly error: unknown };

export interface KeptCluster<C extends Kept> {
  state(): KeptState<C>;
  /** Resolves after the first attempt. Never rejects. */
  readonly tried: Promise<void>;
  /** Resolves when its agents may connect for the first time. */
  readonly opened: Promise<void>;
  /** Reads its files again; a cluster that cannot be served is tried at once. Never rejects. */
  reload(): Promise<void>;
  /** Tries it no more, and ends it. */
  stop(): Promise<void>;
}

export interface KeepingDeps<C extends Kept> {
  /** @throws where the cluster cannot be served */
  readonly start: () => Promise<C>;
  readonly again: BackoffLimits;
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly logger: Pick<Logger, 'error' | 'info'>;
}

export function keepCluster<C extends Kept>(deps: KeepingDeps<C>): KeptCluster<C> {
  const { start, again, random, logger } = deps;
  let state: KeptState<C> = { kind: 'starting' };
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let tellOpened: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    tellOpened = resolve;
  });
  const failed = (error: unknown): void => {
    const reason = reasonOf(error);
    const told = state.kind === 'failed' ? state.reason : undefined;
    if (told !== reason) logger.error(`cannot serve this cluster, and tries again: ${reason}`);
    state = { kind: 'failed', reason, error };
    failures += 1;
    if (isStopped) return;
    timer = setTimeout(run, backoff(failures - 1, again, random()));
  };
  const attempt = async (): Promise<void> => {
    if (isStopped) return;
    try {
      const cluster = await start();
      if (state.kind === 'failed') logger.info('this cluster is served again');
      state = { kind: 'runs', cluster };
      failures = 0;
      void cluster.opened.then(tellOpened);
      void cluster.ended.then((reason) => ended(cluster, reason));
    } catch (error) {
      failed(error);
    }
  };
  let running = attempt();
  const tried = running;
  function run(): void {
    running = attempt();
  }
  const ended = (cluster: C, reason: string): void => {
    if (isStopped) return;
    running = (async () => {
      state = { kind: 'starting' };
      logger.error(reason);
      await cluster.stop();
      await attempt();
    })();
  };
  return {
    state: () => state,
    tried,
    opened,
    reload: async () => {
      if (state.kind === 'runs') return state.cluster.reload();
      if (state.kind !== 'failed') return;
      clearTimeout(timer);
      run();
      await running;
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
      if (state.kind === 'runs') await state.cluster.stop();
    },
  };
}
