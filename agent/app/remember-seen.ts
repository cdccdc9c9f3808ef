import type { ObservedHost } from '../../core/lxd/observed-host.ts';
import type { LxdHost } from '../ports/lxd-host.ts';

/** A host that knows how it was seen last, for what only tells: looking again costs a look at all containers. */
export interface RememberedHost {
  readonly host: LxdHost;
  readonly lastSeen: () => ObservedHost | undefined;
}

export function rememberSeen(host: LxdHost): RememberedHost {
  let last: ObservedHost | undefined;
  const observe = async (): Promise<ObservedHost> => {
    last = await host.observe();
    return last;
  };
  return { host: { ...host, observe }, lastSeen: () => last };
}
