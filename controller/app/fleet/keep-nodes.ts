/** Writes nodes that have changed to the store, those of a second together. */
import type { Logger } from '../../../runtime/log/logger.ts';
import { createNodeStore, type NodeStore } from '../nodes/node-store.ts';
import type { FleetStore } from '../store/fleet-store.ts';
import type { Fleet } from './fleet.ts';

export interface NodeKeeper extends NodeStore {
  /** @param node absent: nodes were removed, or any may have changed */
  readonly changed: (node?: string) => void;
}

export interface NodeKeeping {
  readonly fleet: () => Pick<Fleet, 'stored' | 'unreadable'>;
  readonly store: Pick<FleetStore, 'saveNodes' | 'saveSomeNodes'>;
  /** Changes within this time are written together. */
  readonly delayMs: number;
  readonly logger: Logger;
}

export function createNodeKeeper(deps: NodeKeeping): NodeKeeper {
  const { fleet, store, delayMs, logger } = deps;
  const changed = new Set<string>();
  let isAll = false;
  const saveAll = async (): Promise<void> => {
    isAll = false;
    changed.clear();
    try {
      await store.saveNodes(fleet().stored(), fleet().unreadable());
    } catch (error) {
      isAll = true;
      throw error;
    }
  };
  const saveChanged = async (): Promise<void> => {
    const names = [...changed];
    changed.clear();
    try {
      await store.saveSomeNodes(fleet().stored(names));
    } catch (error) {
      for (const name of names) changed.add(name);
      throw error;
    }
  };
  const save = (): Promise<void> => (isAll ? saveAll() : saveChanged());
  const writer = createNodeStore(save, { delayMs }, 'the nodes', logger);
  return {
    ...writer,
    changed: (node) => {
      if (node === undefined) isAll = true;
      else changed.add(node);
      writer.changed();
    },
  };
}
