import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../ports/clock.ts';
import type { DetectedFacts, FactsSource } from '../../ports/facts-source.ts';

/**
 * Wakes the loop when this machine's addresses or Juju units are not what they were. They are read
 * from the kernel and one folder, which costs less than to be told.
 */
export function followHost(
  source: FactsSource,
  { clock, everyMs, wake }: { readonly clock: Clock; readonly everyMs: number; wake(): void },
): () => void {
  let last: DetectedFacts | undefined;
  let stopped = false;
  let cancel = (): void => undefined;
  const look = async (): Promise<void> => {
    const seen = await source.detect();
    if (stopped) return;
    if (last !== undefined && !isDeepStrictEqual(last, seen)) wake();
    last = seen;
    cancel = clock.after(everyMs, () => void look());
  };
  void look();
  return () => {
    stopped = true;
    cancel();
  };
}
