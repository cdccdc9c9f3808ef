import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Readings } from './readings.ts';

/**
 * Resolves when no change runs any more, here or for all nodes, or when the signal is aborted;
 * never rejects.
 */
export function waitForIdle(
  readings: Pick<Readings, 'status' | 'subscribe'>,
  end: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (end.aborted || isIdle(readings.status())) return resolve();
    const finish = (): void => {
      unsubscribe();
      end.removeEventListener('abort', finish);
      resolve();
    };
    const unsubscribe = readings.subscribe((event) => {
      if (event.type === 'status' && isIdle(event.status)) finish();
    });
    end.addEventListener('abort', finish, { once: true });
  });
}

/**
 * Resolves when the first pass after the start has ended, or when the signal is aborted; never
 * rejects.
 */
export function waitForFirstPass(
  readings: Pick<Readings, 'firstPass'>,
  end: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (end.aborted) return resolve();
    const finish = (): void => {
      end.removeEventListener('abort', finish);
      resolve();
    };
    void readings.firstPass().then(finish);
    end.addEventListener('abort', finish, { once: true });
  });
}

const busy: ReadonlySet<AgentStatus['state']> = new Set([
  'applying',
  'recovering',
  'awaiting-writer',
  'awaiting-gate',
  'confirming',
  'rolling-back',
]);

function isIdle({ state }: AgentStatus): boolean {
  return !busy.has(state);
}
