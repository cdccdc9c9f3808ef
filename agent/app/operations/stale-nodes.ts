/** Stale nodes: Calico Nodes and address blocks of machines that are gone. */
import { nameSome } from '../../../core/name-some.ts';
import { freeingHint } from '../../../core/survey/freeing-hint.ts';
import type { StaleNode } from '../../../core/survey/stale-node.ts';
import { AppError } from '../../../runtime/errors.ts';
import { refuseHeld, type OperationsDeps } from './operations-deps.ts';

export interface StaleNodeOptions {
  readonly living?: readonly string[];
  /** Removes the node also when addresses of its blocks are in use. */
  readonly force: boolean;
}

export interface StaleNodeOperations {
  /** @param living the names of all nodes; absent: those of the datastore's own cluster */
  staleNodes(living?: readonly string[]): Promise<readonly StaleNode[]>;
  /** @throws AppError not-found, held; datastore-conflict where addresses are in use and not forced */
  removeStaleNode(name: string, options: StaleNodeOptions): Promise<void>;
}

export function createStaleNodeOperations(deps: OperationsDeps): StaleNodeOperations {
  const { connection, decider, reconciling, loop } = deps;
  const staleNodes = async (living?: readonly string[]): Promise<readonly StaleNode[]> => {
    const survey = await connection.survey.survey();
    const all = living ?? (await deps.livingNodes?.());
    return decider.staleNodes({ survey, ...(all !== undefined && { living: all }) });
  };
  return {
    staleNodes,
    removeStaleNode: (name, { living, force }) =>
      loop.between(async () => {
        await refuseHeld(reconciling);
        const stale = (await staleNodes(living)).find((one) => one.name === name);
        await connection.survey.removeNode(name, versionOf(name, stale, force));
      }),
  };
}

/** The Calico Node's version; undefined: only its address blocks are left. */
function versionOf(name: string, stale: StaleNode | undefined, force: boolean): string | undefined {
  const cannot = `cannot remove node "${name}"`;
  if (stale === undefined) throw new AppError('not-found', `${cannot}: it is not stale`);
  if (stale.version === undefined && stale.blocks.length === 0) {
    const objects = nameSome(stale.objects);
    throw new AppError(
      'not-found',
      `${cannot}: it has no Calico Node and no address blocks, only what names it is left: delete ${objects} with calicoctl`,
    );
  }
  const addresses = stale.blocks.reduce((sum, block) => sum + block.addresses, 0);
  if (addresses === 0 || force) return stale.version;
  throw new AppError(
    'datastore-conflict',
    `${cannot}: ${String(addresses)} addresses are in use in its blocks; ${freeingHint}; or use --force: these blocks stay then`,
  );
}
