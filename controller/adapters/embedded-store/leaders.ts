/** Leadership where one process alone uses the store: the part of it that asks first leads. */
import { AppError } from '../../../runtime/errors.ts';
import { leaderKind, type LeaderNotice, type Store } from '../../ports/store.ts';

/** The record of a leader that a killed process has left is replaced. */
export function createLeaders({ get, commit }: Pick<Store, 'get' | 'commit'>): Store['lead'] {
  const holders = new Map<string, LeaderNotice>();
  return async (name, own) => {
    const other = holders.get(name);
    if (other !== undefined) return other;
    holders.set(name, own);
    const record = { kind: leaderKind, key: name };
    const end = (): void => void holders.delete(name);
    try {
      const before = await get(record);
      const committed = await commit({
        compare: [{ ...record, version: before?.version ?? 0 }],
        changes: [{ ...record, text: JSON.stringify({ holder: own.holder }) }],
      });
      if (!committed.ok) throw new AppError('datastore-conflict', `cannot lead "${name}"`);
      const { version: token } = committed;
      const lost = new AbortController();
      const release = async (): Promise<void> => {
        if (lost.signal.aborted) return;
        lost.abort();
        try {
          await commit({ compare: [{ ...record, version: token }], changes: [record] });
        } finally {
          end();
        }
      };
      return { token, lost: lost.signal, stands: () => !lost.signal.aborted, release };
    } catch (error) {
      end();
      throw error;
    }
  };
}
