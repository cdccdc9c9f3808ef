import type { ObservedLxd } from '../../../core/lxd/observed-lxd.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';

/** A host that knows how it was seen last, for what only tells: looking again costs a look at all containers. */
export interface RememberedHost {
  readonly lxd: LxdHost;
  readonly lastSeen: () => ObservedLxd | undefined;
  /** What was seen since this was asked; undefined: nothing, or the last look failed. */
  readonly takeSeen: () => ObservedLxd | undefined;
}

export function rememberSeen(lxd: LxdHost): RememberedHost {
  let last: ObservedLxd | undefined;
  let fresh: ObservedLxd | undefined;
  const observe = async (): Promise<ObservedLxd> => {
    last = undefined;
    fresh = undefined;
    last = await lxd.observe();
    fresh = last;
    return last;
  };
  const takeSeen = (): ObservedLxd | undefined => {
    const seen = fresh;
    fresh = undefined;
    return seen;
  };
  return { lxd: { ...lxd, observe }, lastSeen: () => last, takeSeen };
}
