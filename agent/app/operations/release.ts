/** Release: the agent takes our marks off our objects, and leaves the objects as they are. */
import type { ObservedResource } from '../../../core/observe/observed.ts';
import type { ResourceKind } from '../../../core/calico/resource.ts';
import type { Scope } from '../../../core/render/desired.ts';
import { scopeText } from '../../../core/render/ownership.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import { flatMapInTurns } from '../../../runtime/pacing/in-turns.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';
import { withoutConfiguration } from '../state/state-changes.ts';
import { refuseHeld, writeSteps, type OperationsDeps } from './operations-deps.ts';

export interface OwnedObject {
  readonly kind: ResourceKind;
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
  const { records, node } = reconciling;
  const { state } = records;
  const scopes = (): readonly Scope[] => [
    { kind: 'cluster' },
    { kind: 'node', node: node.facts().name },
  ];
  const owned = async (): Promise<readonly ObservedResource[]> => {
    const { resources } = await connection.datastore.observe(node.facts().name);
    const own = new Set(scopes().map(scopeText));
    return flatMapInTurns(resources, (one) =>
      one.owner !== undefined && own.has(scopeText(one.owner.scope)) ? one : [],
    );
  };
  return {
    owned: async () => flatMapInTurns(await owned(), ownedObject),
    release: () =>
      loop.between(async () => {
        await refuseHeld(reconciling);
        const found = await owned();
        const { accepted } = state.current();
        const released =
          accepted === undefined
            ? []
            : await releaseResources(reconciling, { found, scopes: scopes(), revision: accepted });
        await state.change((current) => ({
          state: withoutConfiguration(current),
          result: undefined,
        }));
        const left = await owned();
        return { objects: released.map(ownedObject), left: left.map(ownedObject) };
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
