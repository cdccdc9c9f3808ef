/** Forgets nodes that a person names, and nodes that are away for too long. */
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import type { Fleet } from './fleet.ts';
import type { LinkedNodes } from './linked-nodes.ts';
import type { StorageState } from './storage-state.ts';

export interface ForgettingDeps {
  readonly nodes: LinkedNodes;
  readonly storage: Pick<StorageState, 'unreadable' | 'forgetUnreadable'>;
  readonly logger: Logger;
  readonly requireKnown: Fleet['requireKnown'];
  /** Called when data that is kept over a restart has changed. */
  readonly onKept: () => void;
}

/** The most names in one log line. */
export const mostNamed = 10;

export function createForgetting({
  nodes,
  storage,
  logger,
  requireKnown,
  onKept,
}: ForgettingDeps): Pick<Fleet, 'forget' | 'expire' | 'watchForgotten'> {
  const watchers = new Set<(names: readonly string[]) => void>();
  const remove = (names: readonly string[]): void => {
    for (const name of names) {
      nodes.removeQuietly(name);
      storage.forgetUnreadable(name);
    }
    onKept();
    for (const watcher of watchers) watcher(names);
    nodes.changed();
  };
  return {
    forget: (given) => {
      requireKnown('forget nodes');
      const names = given.map((name) => name.toLowerCase());
      const unreadable = new Set(storage.unreadable());
      for (const name of names) {
        const record = nodes.get(name);
        if (record !== undefined || !unreadable.has(name)) refuseForgetting(name, record);
      }
      logger.info('forgot nodes', { nodes: names });
      remove(names);
    },
    expire: (moment) => {
      const gone = nodes
        .records()
        .filter((record) => record.connection === undefined && record.lastSeenAt < moment)
        .map(({ name }) => name);
      if (gone.length === 0) return;
      logger.info('forgot nodes that are away for too long', {
        count: gone.length,
        nodes: gone.slice(0, mostNamed),
      });
      remove(gone);
    },
    watchForgotten: (listener) => {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
  };
}

function refuseForgetting(name: string, record: NodeRecord | undefined): void {
  if (record === undefined) {
    throw new AppError('not-found', `cannot forget the node "${name}": it is not known`);
  }
  if (record.connection === undefined) return;
  throw new AppError(
    'bad-request',
    `cannot forget the node "${name}": it is connected; stop its agent first`,
  );
}
