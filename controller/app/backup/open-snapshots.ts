/** The snapshot that a command reads page by page; a newer one takes its place. */
import { randomUUID } from 'node:crypto';
import { AppError } from '../../../runtime/errors.ts';
import type { BackupRecord } from '../../../schemas/generated/store-backup.ts';
import { leaderKind, type RecordName, type Store, type StoreSnapshot } from '../../ports/store.ts';
import { isRestoring } from './store-records.ts';

export interface OpenSnapshots {
  /** @returns its name */
  open(): Promise<string>;
  /** @throws AppError not-found where it was closed meanwhile */
  page(id: string, after: RecordName | undefined): Promise<SnapshotPage>;
  close(id: string): Promise<void>;
  closeAll(): Promise<void>;
}

export interface SnapshotPage {
  readonly records: readonly BackupRecord[];
  /** The last record of the page; absent: there are no more pages. */
  readonly last?: RecordName;
}

/** The time after the last page in which the next one has to be asked for. */
const idleMs = 120_000;

interface Opened {
  readonly id: string;
  readonly snapshot: StoreSnapshot;
  timer?: NodeJS.Timeout;
}

export function createOpenSnapshots(store: Pick<Store, 'snapshot'>): OpenSnapshots {
  let current: Opened | undefined;
  const closeCurrent = async (): Promise<void> => {
    const closing = current;
    current = undefined;
    clearTimeout(closing?.timer);
    await closing?.snapshot.close();
  };
  const keep = (opened: Opened): void => {
    clearTimeout(opened.timer);
    opened.timer = setTimeout(() => {
      if (current === opened) closeCurrent().catch(() => undefined);
    }, idleMs);
    opened.timer.unref();
  };
  return {
    open: async () => {
      await closeCurrent();
      const opened: Opened = { id: randomUUID(), snapshot: await store.snapshot() };
      await closeCurrent();
      current = opened;
      keep(opened);
      return opened.id;
    },
    page: async (id, after) => {
      if (current?.id !== id) {
        throw new AppError(
          'not-found',
          'cannot go on with the backup: another one has begun meanwhile, or it took too long; try again',
        );
      }
      keep(current);
      const page = await current.snapshot.page(after);
      const last = page.at(-1);
      return {
        records: page
          .filter(({ kind, key }) => kind !== leaderKind && !isRestoring({ kind, key }))
          .map(({ kind, key, text }) => ({ kind, key, text })),
        ...(last !== undefined && { last: { kind: last.kind, key: last.key } }),
      };
    },
    close: async (id) => {
      if (current?.id === id) await closeCurrent();
    },
    closeAll: closeCurrent,
  };
}
