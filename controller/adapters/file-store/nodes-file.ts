/** The nodes of the fleet in `fleet.json`. */
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../../../runtime/errors.ts';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readJsonFile } from '../../../runtime/files/read-json-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredFleet, StoredNode } from '../../../schemas/generated/controller-state.ts';
import { isControllerState } from '../../../schemas/generated/controller-state.validator.js';
import type { StoredFleetState } from '../../ports/fleet-store.ts';

const formatVersion = 1;
const maxFleetBytes = 256 * 1024 * 1024;
/**
 * Nodes that become text in one turn of the event loop, so that agents and commands are served in
 * between.
 */
const nodesPerTurn = 10;

export interface NodesFile {
  load(): Promise<Pick<StoredFleetState, 'nodes' | 'nodesProblem'>>;
  save(nodes: readonly StoredNode[]): Promise<void>;
}

/** @param folder the state directory of the controller */
export function createNodesFile(
  folder: string,
  { cluster, logger }: { readonly cluster: string; readonly logger: Logger },
): NodesFile {
  const file = path.join(folder, 'fleet.json');
  const save: NodesFile['save'] = async (nodes) => {
    const texts: string[] = [];
    let length = 0;
    for (let index = 0; index < nodes.length; index += nodesPerTurn) {
      const some: StoredFleet = {
        formatVersion,
        cluster,
        nodes: nodes.slice(index, index + nodesPerTurn),
      };
      const text = some.nodes.map((node) => JSON.stringify(node)).join(',');
      length += text.length;
      // Refuses to replace a readable file by one that could not be read again.
      if (!isControllerState(some) || length > maxFleetBytes) {
        throw new AppError('internal', `cannot write "${file}": it could not be read again`);
      }
      texts.push(text);
      await nextTurn();
    }
    const head = JSON.stringify({ formatVersion, cluster }).slice(0, -1);
    await writeFileAtomic(file, `${head},"nodes":[${texts.join(',')}]}\n`);
  };
  return {
    save,
    load: async () => {
      let nodesProblem: string | undefined;
      const fleet = await readJsonFile(file, {
        maxBytes: maxFleetBytes,
        formatVersion,
        isValid: isControllerState,
        logger,
        damaged: ({ aside }) => {
          nodesProblem = `the list of nodes was damaged, and was set aside as "${aside}": nodes come back when they connect`;
        },
      });
      if (fleet === undefined) {
        await save([]);
        return { nodes: [], ...(nodesProblem !== undefined && { nodesProblem }) };
      }
      if (fleet.cluster === cluster) return { nodes: fleet.nodes };
      throw new AppError(
        'invalid-settings',
        `cannot use the state directory "${folder}": it belongs to the cluster "${fleet.cluster}", not "${cluster}"; give each cluster its own`,
      );
    },
  };
}
