import { isDeepStrictEqual } from 'node:util';
import { isMadeByOthers } from '../../../core/facts/addresses/host-address.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DetectedFacts, FactsSource } from '../../ports/facts-source.ts';

/**
 * Wakes the loop when this machine's addresses or Juju units have changed. They are read from the
 * kernel and one folder, which costs less than a subscription.
 */
export function followHost(
  source: FactsSource,
  { clock, everyMs, wake }: { readonly clock: Clock; readonly everyMs: number; wake(): void },
): () => void {
  let last: DetectedFacts | undefined;
  let stopped = false;
  let cancel = (): void => undefined;
  const look = async (): Promise<void> => {
    const detected = withoutContainers(await source.detect());
    if (stopped) return;
    if (last !== undefined && !isDeepStrictEqual(last, detected)) wake();
    last = detected;
    cancel = clock.after(everyMs, () => void look());
  };
  void look();
  return () => {
    stopped = true;
    cancel();
  };
}

/**
 * Leaves out what Services (addresses of kube-ipvs0) and pods (interfaces) add: it says nothing
 * about the node.
 */
function withoutContainers(detected: DetectedFacts): DetectedFacts {
  return { ...detected, host: detected.host.filter((one) => !isMadeByOthers(one.interface)) };
}
