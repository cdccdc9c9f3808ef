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
  /** The reason that was logged last, while agents could not connect since. */
  let told: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let tellOpened: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    tellOpened = resolve;
  });
  const tryLater = (attempts: number): void => {
    if (!isStopped) timer = setTimeout(() => void tried(), backoff(attempts, again, random()));
  };
  const failed = (error: unknown): void => {
    const reason = reasonOf(error);
    if (told !== reason) logger.error(`cannot serve this cluster, and tries again: ${reason}`);
    told = reason;
    state = { kind: 'failed', reason, error };
    tryLater(failures);
    failures += 1;
  };
  // Two starts at a time would be two controllers of one cluster.
  const queue = createQueue(failed);
  /** The attempt that waits for what runs. */
  let waiting: Promise<void> | undefined;
  const tried = (): Promise<void> => (waiting ??= queue.add(attempt));
  const attempt = async (): Promise<void> => {
    waiting = undefined;
    if (isStopped || state.kind === 'runs') return;
    clearTimeout(timer);
    // A cluster that failed stays so until it is served: its reason is of use meanwhile.
    const cluster = await start();
    state = { kind: 'runs', cluster };
    let wasOpen = false;
    const isOpen = (): void => {
      if (told !== undefined) logger.info('this cluster is served again');
      told = undefined;
      failures = 0;
      wasOpen = true;
      tellOpened();
    };
    void cluster.opened.then(isOpen);
    void cluster.ended.then((reason) => queue.add(() => ended(cluster, reason, wasOpen)));
  };
  const ended = async (cluster: C, reason: string, wasOpen: boolean): Promise<void> => {
    if (isStopped) return;
    const error = new Error(reason);
    state = wasOpen ? { kind: 'starting' } : { kind: 'failed', reason, error };
    await cluster.stop();
    if (!wasOpen) throw error;
    logger.error(reason);
    tryLater(0);
  };
  return {
    state: () => state,
    tried: tried(),
    opened,
    reload: async () => {
      if (state.kind === 'runs') return state.cluster.reload();
      const isFirst = state.kind === 'starting';
      const trying = tried();
      // A first start may wait for a store for long.
      if (!isFirst) await trying;
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await queue.idle();
      if (state.kind === 'runs') await state.cluster.stop();
    },
  };
}

/** Does one work after the other. The promises never reject. */
function createQueue(failed: (error: unknown) => void): {
  readonly add: (work: () => Promise<void>) => Promise<void>;
  readonly idle: () => Promise<void>;
} {
  let last = Promise.resolve();
  return {
    add: (work) => (last = last.then(work).catch(failed)),
    idle: () => last,
  };
}
