/** A store of which every write holds only as long as this process leads. */
import { AppError } from '../../../runtime/errors.ts';
import { leaderKind, type Leadership, type Store } from '../../ports/store.ts';

/**
 * @param name of the leadership
 * @param current undefined: this process does not lead yet
 * @param refused called when the store has refused a write, because another process may lead
 * @returns the store; its commits throw an AppError datastore-conflict unless this process leads
 */
export function fencedStore(
  store: Store,
  name: string,
  current: () => Pick<Leadership, 'token' | 'stands'> | undefined,
  refused: () => void = () => undefined,
): Store {
  const fence = { kind: leaderKind, key: name };
  return {
    ...store,
    bounds: { ...store.bounds, changes: store.bounds.changes - 1 },
    commit: async ({ compare = [], changes }) => {
      const leadership = current();
      // The server would refuse the write as well.
      if (leadership === undefined || !leadership.stands()) throw notLeading();
      const { token } = leadership;
      const compared = [...compare, { ...fence, version: token }];
      const committed = await store.commit({ compare: compared, changes });
      if (committed.ok) return committed;
      if ((await store.get(fence))?.version === token) return committed;
      refused();
      throw notLeading();
    },
  };
}

function notLeading(): AppError {
  return new AppError(
    'datastore-conflict',
    'cannot write to the store: this controller does not lead the cluster now',
    { retryable: true },
  );
}
