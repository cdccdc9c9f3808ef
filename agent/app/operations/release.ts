/** Release: the agent takes our marks off our objects, and leaves the objects as they are. */
import type { ObservedResource } from '../../../core/observe/observed.ts';
import type { ObjectKind, ObjectRef } from '../../../core/platform/cluster/object-ref.ts';
import type { ResourceKind } from '../../../core/calico/resource.ts';
import type { Scope } from '../../../core/render/desired.ts';
import { scopeText } from '../../../core/render/ownership.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import { flatMapInTurns } from '../../../runtime/pacing/in-turns.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';
import { leavesCluster } from '../state/cluster-share.ts';
import { withoutConfiguration } from '../state/state-changes.ts';
import { refuseHeld, writeSteps, type OperationsDeps } from './operations-deps.ts';

export interface OwnedObject {
  readonly kind: ResourceKind | ObjectKind;
  /** Of an object of MetalLB as a file: `metallb-system/layer2`. */
  readonly name: string;
  /** `cluster`, or `node:<name>`. */
  readonly scope: string;
}

export interface Released {
  readonly objects: readonly OwnedObject[];
  /** Objects that carry our marks also afterwards, because this agent may not write them. */
  readonly left: readonly OwnedObject[];
}

export interface ReleaseOperations {
  /** Objects with our marks, of node scope and, where this agent may write it, of cluster scope. */
  owned(): Promise<readonly OwnedObject[]>;
  /**
   * Takes our marks off the objects that `owned` returns, and forgets the configuration. The
   * objects stay.
   */
  release(): Promise<Released>;
}

export function createReleaseOperations({
  connection,
  reconciling,
  loop,
}: OperationsDeps): ReleaseOperations {
  const { records, node, targets } = reconciling;
  const { state } = records;
  // An agent that leaves the cluster-wide resources to others does not release them either.
  const isOwn = (): boolean => {
    const { accepted } = state.current();
    return accepted !== undefined && leavesCluster(state.current(), accepted);
  };
  const scopes = (): readonly Scope[] => [
    ...(isOwn() ? [] : [{ kind: 'cluster' } as const]),
    { kind: 'node', node: node.facts().name },
  ];
  const owned = async (): Promise<readonly ObservedResource[]> => {
    const { resources } = await connection.datastore.observe(node.facts().name);
    const own = new Set(scopes().map(scopeText));
    return flatMapInTurns(resources, (one) =>
      one.owner !== undefined && own.has(scopeText(one.owner.scope)) ? one : [],
    );
  };
  const ownedFiles = async (): Promise<readonly ObjectRef[]> =>
    isOwn() ? [] : ((await targets.objects?.owned()) ?? []);
  const all = async (): Promise<readonly OwnedObject[]> => [
    ...(await flatMapInTurns(await owned(), ownedObject)),
    ...(await ownedFiles()).map(ownedFile),
  ];
  return {
    owned: all,
    release: () =>
      loop.between(async () => {
        await refuseHeld(reconciling);
        const found = await owned();
        const { accepted } = state.current();
        const released =
          accepted === undefined
            ? []
            : await releaseResources(reconciling, { found, scopes: scopes(), revision: accepted });
        const files = await ownedFiles();
        for (const file of files) await targets.objects?.release(file);
        await state.change((current) => ({
          state: withoutConfiguration(current),
          result: undefined,
        }));
        return {
          objects: [...released.map(ownedObject), ...files.map(ownedFile)],
          left: await all(),
        };
      }),
  };
}

interface Releasing {
  readonly found: readonly ObservedResource[];
  readonly scopes: readonly Scope[];
  readonly revision: RevisionRef;
}

/** When another agent has to release the cluster scope, this one releases its node's. */
async function releaseResources(
  reconciling: Reconciling,
  { found, scopes, revision }: Releasing,
): Promise<readonly ObservedResource[]> {
  const { releaseSteps } = await import('../../../core/plan/adopt/release-steps.ts');
  const release = async (resources: readonly ObservedResource[]): Promise<void> => {
    if (resources.length === 0) return;
    await writeSteps(reconciling, releaseSteps({ resources, nodes: [] }, scopes), revision);
  };
  try {
    await release(found);
    return found;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'writer-lease-lost') throw error;
    const own = found.filter(({ owner }) => owner?.scope.kind === 'node');
    await release(own);
    return own;
  }
}

function ownedObject({ resource, owner }: ObservedResource): OwnedObject {
  const { kind, metadata } = resource;
  return { kind, name: metadata.name, scope: scopeText(owner?.scope ?? { kind: 'cluster' }) };
}

/** MetalLB's objects are for all nodes. */
function ownedFile({ kind, namespace = '', name }: ObjectRef): OwnedObject {
  return { kind, name: `${namespace}/${name}`, scope: 'cluster' };
}
