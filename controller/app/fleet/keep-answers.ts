/** Writes the nodes' last answers to the store, those of many nodes together. */
import { within } from '../../../runtime/pacing/within.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { createNodeStore, type NodeStore } from '../nodes/node-store.ts';
import type { FleetStore } from '../store/fleet-store.ts';
import type { Fleet } from './fleet.ts';

export interface AnswerKeeper extends Pick<NodeStore, 'problem' | 'flush'> {
  /** Called when the answers of a node have changed. */
  readonly answered: (node: string) => void;
  /**
   * Resolves when the answers until now are on disk, when `problem` says why not, or after a
   * second, because a command does not wait for a disk that hangs.
   */
  readonly kept: () => Promise<void>;
}

export interface KeepingDeps {
  readonly fleet: () => Pick<Fleet, 'answers'>;
  readonly store: Pick<FleetStore, 'saveAnswers'>;
  /** Answers within this time are written together; sooner when no further ones come. */
  readonly delayMs: number;
  readonly logger: Logger;
}

const longestMs = 1000;
const quietMs = 4;

export function createAnswerKeeper({ fleet, store, delayMs, logger }: KeepingDeps): AnswerKeeper {
  const changed = new Set<string>();
  const save = async (): Promise<void> => {
    const names = [...changed];
    changed.clear();
    try {
      await store.saveAnswers(fleet().answers(names));
    } catch (error) {
      for (const name of names) changed.add(name);
      throw error;
    }
  };
  const writer = createNodeStore(save, { delayMs, quietMs }, "the nodes' answers", logger);
  return {
    answered: (node) => {
      changed.add(node);
      writer.changed();
    },
    kept: async () => {
      await within(writer.settled(), longestMs, () => undefined);
    },
    problem: writer.problem,
    flush: writer.flush,
  };
}
