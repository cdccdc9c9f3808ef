import { AppError } from '../../../runtime/errors.ts';
import type { WriterLease } from '../../ports/datastore/writer-lease.ts';

/**
 * No other agent writes in this folder, so its agent always holds the writer lease, and there is no
 * record.
 */
export const filesWriterLease: WriterLease = {
  read: () => Promise.resolve({}),
  claim: () => Promise.resolve({ held: true, fence: { term: 'files' } }),
  record: (_revision, fence) => Promise.resolve(fence),
  setHold: () => Promise.reject(noCluster()),
  changeDoneOnce: () => Promise.resolve(),
  takeBack: () => Promise.resolve(),
  release: () => Promise.resolve(),
};

function noCluster(): AppError {
  return new AppError(
    'bad-request',
    'cannot hold the cluster: the files driver writes to no cluster; hold this agent instead',
  );
}
