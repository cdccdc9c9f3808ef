/**
 * A store in etcd that this controller has used must not become a silently empty one: after a wipe,
 * with another prefix, or with another engine than before, the controller asks a person.
 */
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Store } from '../../ports/store.ts';
import type { NotedStore, StoreNote } from '../../ports/store-note.ts';
import { identityName, numbersName } from './fleet-keys.ts';
import { clusterOf, lastNumberOf } from './fleet-texts.ts';

export interface KnownStore {
  /** Called before anything is written to a new store. @throws AppError where another one was used */
  mayBeginEmpty(): Promise<void>;
  /** Notes that this store was read. Never rejects. */
  remember(lastNumber: number): Promise<void>;
  /** A controller that stands by notes the store of its leader, once. Never rejects. */
  rememberAsStandby(): Promise<void>;
}

export interface KnownStoreDeps {
  readonly store: Pick<Store, 'get' | 'place'>;
  readonly cluster: string;
  readonly note: StoreNote;
  readonly logger: Pick<Logger, 'warn'>;
}

export function createKnownStore({ store, cluster, note, logger }: KnownStoreDeps): KnownStore {
  let isNoted = false;
  const { place } = store;
  const remember = async (revision: number): Promise<void> => {
    try {
      await note.write({ cluster, place, revision });
      isNoted = true;
    } catch (error) {
      logger.warn(`cannot note which store this controller uses: ${reasonOf(error)}`);
    }
  };
  return {
    mayBeginEmpty: async () => {
      const [noted, embedded] = [await note.read(), await note.embedded()];
      if (noted !== undefined) throw refusal(`cannot use ${place}`, noted, note, 'etcd');
      if (embedded !== undefined) throw besideEmbedded(place, embedded);
      logger.warn(`the controller begins with an empty store in ${place}`);
    },
    remember,
    rememberAsStandby: async () => {
      if (isNoted) return;
      try {
        const identity = await store.get(identityName);
        if (identity === undefined || clusterOf(identity) !== cluster) return;
        const numbers = await store.get(numbersName(cluster));
        await remember(numbers === undefined ? 0 : lastNumberOf(numbers));
      } catch {
        // It is tried again with the next look at the leader.
      }
    },
  };
}

/** @throws AppError where the controller of this state directory has used a store in etcd */
export async function refuseEmptyBeside(note: StoreNote): Promise<void> {
  const noted = await note.read();
  if (noted === undefined) return;
  throw refusal('cannot make a store in the state directory', noted, note, 'embedded');
}

function refusal(
  what: string,
  { cluster, place, revision }: NotedStore,
  { file }: StoreNote,
  engine: 'etcd' | 'embedded',
): AppError {
  const had = revision === 0 ? '' : ` with revision ${String(revision)}`;
  const other =
    engine === 'etcd'
      ? 'set store.prefix as before'
      : 'set store.engine: etcd as before, or copy that store: calico-controller store migrate --to embedded';
  return new AppError(
    'not-ready',
    `${what}: it would be empty, and this controller has used the store of the cluster "${cluster}"${had} in ` +
      `${place} before. Stop all controllers, and restore a backup (calico-controller store restore FILE), or ` +
      `${other}. To begin empty on purpose, remove "${file}" on each of them`,
  );
}

function besideEmbedded(place: string, file: string): AppError {
  return new AppError(
    'not-ready',
    `cannot use ${place}: it would be empty, and the state directory has the store "${file}". Stop all controllers, ` +
      'and copy that store: calico-controller store migrate --to etcd. To begin empty on purpose, move ' +
      `"${file}" and "${file}-wal" away`,
  );
}
