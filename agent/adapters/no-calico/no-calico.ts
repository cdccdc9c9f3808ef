/** For an agent that is on no node of a cluster: there is no Calico to look at or to write. */
import { AppError } from '../../../runtime/errors.ts';
import type { ConnectedDatastore } from '../../ports/datastore/connected-datastore.ts';

export const noCalico: ConnectedDatastore = {
  datastore: {
    driver: 'none',
    reachesCluster: false,
    message: 'a host of LXD containers: Calico is no concern of this agent',
    observe: () => Promise.resolve({ resources: [], nodes: [] }),
    poolUsage: () => Promise.resolve(undefined),
    preflight: () => Promise.resolve([]),
    apply: () => Promise.resolve(),
    watch: () => ({ stop: () => Promise.resolve() }),
    close: () => Promise.resolve(),
  },
  writerLease: {
    read: () => Promise.resolve({}),
    claim: () => Promise.resolve({ held: true, fence: { term: 'none' } }),
    record: (_revision, fence) => Promise.resolve(fence),
    setHold: () => Promise.reject(notHere('hold the cluster; hold this agent instead')),
    release: () => Promise.resolve(),
  },
  survey: {
    survey: () => Promise.reject(notHere('look at a cluster')),
    removeNode: () => Promise.reject(notHere('remove a node')),
  },
  diagnosis: { diagnose: () => Promise.resolve([]) },
};

function notHere(what: string): AppError {
  return new AppError('bad-request', `cannot ${what}: this agent has the role lxd-host`);
}
