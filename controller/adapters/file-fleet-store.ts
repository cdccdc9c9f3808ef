/**
 * The fleet in a folder: `fleet.json`, and `revisions/<number>.json`, one file each because a
 * revision never changes and may be large.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import path from 'node:path';
import { removeFile, removeUnfinished, writeFileAtomic } from '../../runtime/files/atomic-file.ts';
import { AppError, fromSystemError, reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import { readJsonFile } from '../../runtime/files/read-json-file.ts';
import type { StoredFleet, StoredNode } from '../../schemas/generated/controller-state.ts';
import { isControllerState } from '../../schemas/generated/controller-state.validator.js';
import { isRevision } from '../../schemas/generated/revision.validator.js';
import { controllerLineage } from '../../core/protocol/messages.ts';
import type { Revision } from '../../core/revision/revision.ts';
import type { FleetStore, StoredFleetState } from '../ports/fleet-store.ts';

const formatVersion = 1;
const maxFleetBytes = 256 * 1024 * 1024;
/** Written as text in one turn of the event loop: agents and commands come in between. */
const nodesPerTurn = 10;
/** A text of 1 MiB in which every sign is escaped. */
const maxRevisionBytes = 7 * 1024 * 1024;
/** How many revisions stay, for people to look at. */
const keptRevisions = 50;

export interface FleetFilesOptions {
  readonly cluster: string;
  readonly logger: Logger;
  /** Undefined for a text that cannot be read. What it costs is not spent on this event loop. */
  readonly digestOfText: (text: string) => Promise<string | undefined>;
}

export function fileFleetStore(
  folder: string,
  { cluster, logger, digestOfText }: FleetFilesOptions,
): FleetStore {
  const fleetFile = path.join(folder, 'fleet.json');
  const revisionsFolder = path.join(folder, 'revisions');
  const revisionFile = (number: number): string =>
    path.join(revisionsFolder, `${String(number)}.json`);

  const saveNodes = async (nodes: readonly StoredNode[]): Promise<void> => {
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
      // What could not be read again would take the place of what can.
      if (!isControllerState(some) || length > maxFleetBytes) {
        throw new AppError('internal', `cannot write "${fleetFile}": it could not be read again`);
      }
      texts.push(text);
      await nextTurn();
    }
    const head = JSON.stringify({ formatVersion, cluster }).slice(0, -1);
    await writeFileAtomic(fleetFile, `${head},"nodes":[${texts.join(',')}]}\n`);
  };

  const readFleet = async (): Promise<Pick<StoredFleetState, 'nodes' | 'nodesProblem'>> => {
    let nodesProblem: string | undefined;
    const fleet = await readJsonFile(fleetFile, {
      maxBytes: maxFleetBytes,
      formatVersion,
      isValid: isControllerState,
      logger,
      damaged: ({ aside }) => {
        nodesProblem = `the list of nodes was damaged, and was set aside as "${aside}": nodes come back when they connect`;
      },
    });
    if (fleet === undefined) {
      await saveNodes([]);
      return { nodes: [], ...(nodesProblem !== undefined && { nodesProblem }) };
    }
    if (fleet.cluster === cluster) return { nodes: fleet.nodes };
    throw new AppError(
      'invalid-settings',
      `cannot use the state directory "${folder}": it belongs to the cluster "${fleet.cluster}", not "${cluster}"; give each cluster its own`,
    );
  };

  /** What lies on disk must be what was pushed, down to the last digit: it goes to every agent. */
  const faultOf = async (
    { number, lineage, digest, text }: Revision,
    expectedNumber: number,
  ): Promise<string | undefined> => {
    if (number !== expectedNumber || lineage !== controllerLineage(cluster)) {
      return 'it holds another revision';
    }
    if ((await digestOfText(text)) === digest) return undefined;
    return 'its text does not have the digest that it was pushed with';
  };

  /**
   * Where the newest is corrupt, none: an older one would be refused by the agents, and its number
   * must not come again.
   */
  const readNewest = async (): Promise<
    Pick<StoredFleetState, 'revision' | 'lastNumber' | 'problem'>
  > => {
    const [lastNumber] = await revisionNumbers(revisionsFolder);
    if (lastNumber === undefined) return { lastNumber: 0 };
    const revision = await readJsonFile(revisionFile(lastNumber), {
      maxBytes: maxRevisionBytes,
      formatVersion,
      isValid: isRevision,
      faultOf: (found) => faultOf(found, lastNumber),
      logger,
    });
    if (revision !== undefined) return { revision, lastNumber };
    const problem = `the stored text of revision ${String(lastNumber)} is damaged: agents keep what they have; push the configuration again`;
    logger.error(problem);
    return { lastNumber, problem };
  };

  const removeOld = async (): Promise<void> => {
    try {
      const old = (await revisionNumbers(revisionsFolder)).slice(keptRevisions);
      for (const number of old) await removeFile(revisionFile(number));
    } catch (error) {
      logger.warn(`cannot remove old revisions: ${reasonOf(error)}`);
    }
  };

  return {
    load: async () => {
      await mkdir(revisionsFolder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
        throw fromSystemError(`cannot make the state directory "${folder}"`, error);
      });
      await Promise.all([folder, revisionsFolder].map(removeUnfinished));
      return { ...(await readFleet()), ...(await readNewest()) };
    },
    addRevision: async (revision) => {
      const file = revisionFile(revision.number);
      await writeFileAtomic(file, `${JSON.stringify(revision)}\n`).catch(async (error: unknown) => {
        // It may lie there although nobody knows whether for good: a push that was refused must not
        // reach the agents with the next start.
        await removeFile(file).catch(() => undefined);
        throw error;
      });
      await removeOld();
    },
    saveNodes,
  };
}

/** The newest first, with those whose file was set aside as corrupt. */
async function revisionNumbers(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw fromSystemError(`cannot read the folder "${folder}"`, error);
  });
  return names
    .flatMap((name) =>
      /^\d{1,16}\.json(\.corrupt-\d+)?$/.test(name) ? [Number.parseInt(name, 10)] : [],
    )
    .toSorted((one, other) => other - one);
}
