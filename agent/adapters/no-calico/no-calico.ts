/** The datastore of an agent without the role node: it has no Calico to observe or to write. */
import { AppError } from '../../../runtime/errors.ts';
import type { ConnectedDatastore } from '../../ports/datastore/connected-datastore.ts';

export const noCalico: ConnectedDatastore = {
  datastore: {
    driver: 'none',
    reachesCluster: false,
    message: 'a host of LXD containers: this agent does not manage Calico',
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
    changeDoneOnce: () => Promise.resolve(),
    takeBack: () => Promise.resolve(),
    release: () => Promise.resolve(),
  },
  survey: {
    survey: () => Promise.reject(notHere('survey a cluster')),
    removeNode: () => Promise.reject(notHere('remove a node')),
  },
  diagnosis: { diagnose: () => Promise.resolve([]) },
};

function notHere(what: string): AppError {
  return new AppError('bad-request', `cannot ${what}: this agent has the role lxd-host`);
}
