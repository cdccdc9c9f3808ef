import type { ObservedHost } from '../../../core/lxd/observed-host.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';

/** A host that knows how it was seen last, for what only tells: looking again costs a look at all containers. */
export interface RememberedHost {
  readonly host: LxdHost;
  readonly lastSeen: () => ObservedHost | undefined;
  /** What was seen since this was asked; undefined: nothing, or the last look failed. */
  readonly takeSeen: () => ObservedHost | undefined;
}

export function rememberSeen(host: LxdHost): RememberedHost {
  let last: ObservedHost | undefined;
  let fresh: ObservedHost | undefined;
  const observe = async (): Promise<ObservedHost> => {
    last = undefined;
    fresh = undefined;
    last = await host.observe();
    fresh = last;
    return last;
  };
  const takeSeen = (): ObservedHost | undefined => {
    const seen = fresh;
    fresh = undefined;
    return seen;
  };
  return { host: { ...host, observe }, lastSeen: () => last, takeSeen };
}
