/** What a person asks of the agent beside configurations: drift, holds, adoption, stale nodes, export. */
import { nameSome } from '../../../core/name-some.ts';
import { scopeText } from '../../../core/render/ownership.ts';
import type { ObservedResource, Step } from '../../../core/plan/plan.ts';
import type { Scope } from '../../../core/render/desired.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { freeingHint } from '../../../core/survey/freeing-hint.ts';
import type { StaleNode } from '../../../core/survey/stale-node.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Decider } from '../../ports/decider.ts';
import { otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';
import type { ConnectedDatastore } from '../../ports/connected-datastore.ts';
import type { Agent, OwnedObject } from '../agent.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import type { Loop } from '../reconcile/loop.ts';
import { planDesired } from '../derive/plan-desired.ts';
import type { ReconcileDeps } from '../reconcile/reconcile-deps.ts';
import { withoutConfiguration } from '../state/state-changes.ts';

export interface ClusterOperationsDeps {
  readonly connection: ConnectedDatastore;
  readonly decider: Decider;
  readonly reconcile: ReconcileDeps;
  readonly loop: Loop;
  /** All nodes there are, where something else than the datastore's cluster knows them. */
  readonly livingNodes?: () => Promise<readonly string[]>;
  /** The next pass corrects what drifted, whatever the policy. */
  readonly correctOnce: () => void;
  /** What the status says of the last pass. */
  readonly lastPass: () => string;
}

export type ClusterOperations = Pick<
  Agent,
  | 'drift'
  | 'correctDrift'
  | 'hold'
  | 'releaseHold'
  | 'adoptable'
  | 'adopt'
  | 'owned'
  | 'release'
  | 'staleNodes'
  | 'removeStaleNode'
  | 'exportConfig'
>;

export function createClusterOperations(deps: ClusterOperationsDeps): ClusterOperations {
  const { connection, decider, reconcile, loop } = deps;
  const { state, facts, writer, clock, derivedOf: wantedOf } = reconcile;

  const accepted = async (): Promise<{ revision: RevisionRef; wanted: Derived }> => {
    const revision = state.current().accepted;
    if (revision !== undefined) return { revision, wanted: await wantedOf(revision) };
    throw new AppError('not-found', 'no configuration was accepted yet: apply one first');
  };
  const adoptable: Agent['adoptable'] = async () => {
    const { wanted } = await accepted();
    const survey = await connection.survey.survey();
    return decider.adoptable({ desired: wanted.desired, survey });
  };
  const ownedResources = async (): Promise<readonly ObservedResource[]> => {
    const { resources } = await connection.datastore.observe(facts().name);
    const own = new Set(covers().map(scopeText));
    return resources.filter(({ owner }) => owner !== undefined && own.has(scopeText(owner.scope)));
  };
  const covers = (): readonly Scope[] => [
    { kind: 'cluster' },
    { kind: 'node', node: facts().name },
  ];
  /** All of it, or nothing: half of an adoption would be pruned by the next pass. */
  const write = async (steps: readonly Step[], revision: RevisionRef): Promise<void> => {
    const applied = await applyPlan(reconcile, {
      revision,
      plan: { formatVersion: 1, steps, issues: [] },
      open: undefined,
      recovering: false,
      isIndivisible: true,
    });
    if (applied.result === 'stopped') {
      await refuseHeld();
      throw new AppError('not-ready', 'the agent is about to end');
    }
    if (applied.result === 'awaiting-gate') throw new AppError('not-ready', applied.why);
    const { entry } = applied;
    if (entry !== undefined) {
      await reconcile.journal.end({ ...entry, ended: { at: clock.now(), result: 'applied' } });
    }
  };
  /** Where another agent has the cluster scope to give back, this one gives its own node's. */
  const releaseResources = async (
    found: readonly ObservedResource[],
    revision: RevisionRef,
  ): Promise<readonly ObservedResource[]> => {
    const { releaseSteps } = await import('../../../core/plan/adopt/release-steps.ts');
    const release = async (some: readonly ObservedResource[]): Promise<void> => {
      if (some.length > 0)
        await write(releaseSteps({ resources: some, nodes: [] }, covers()), revision);
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
  };
  const refuseHeld = async (): Promise<void> => {
    await writer.read();
    const hold = writer.holdInForce();
    if (hold === undefined) return;
    throw new AppError('held', `cannot write: ${hold.by} put it on hold: ${hold.why}`);
  };
  const findStale = async (living?: readonly string[]): Promise<readonly StaleNode[]> => {
    const survey = await connection.survey.survey();
    const all = living ?? (await deps.livingNodes?.());
    return decider.staleNodes({ survey, ...(all !== undefined && { living: all }) });
  };

  const drift: Agent['drift'] = async () => {
    const revision = state.current().inForce;
    if (revision === undefined) return { fields: [] };
    const planned = await planDesired(reconcile, facts().name, await wantedOf(revision));
    const { findDrift } = await import('../../../core/plan/drift/find-drift.ts');
    await otherWorkFirst();
    return { revision, fields: findDrift(planned.plan, planned.observed) };
  };

  return {
    drift,
    correctDrift: async () => {
      await loop.between(async () => {
        await refuseHeld();
        deps.correctOnce();
      });
      // The pass after the first task has ended when the second one runs.
      return loop.between(async () => {
        const why = deps.lastPass();
        const { fields: left } = await drift();
        return left.length === 0 ? { left } : { left, why };
      });
    },
    hold: async ({ scope, by, why }) => {
      const hold = { by, why, since: clock.now() };
      if (scope === 'cluster') await connection.writerLease.setHold(hold);
      else await state.change((current) => ({ state: { ...current, hold }, result: undefined }));
      // Whoever asked for it counts on it: what runs has ended when this resolves.
      await loop.between(() => Promise.resolve());
    },
    releaseHold: async (scope) => {
      if (scope === 'cluster') {
        await releaseClusterHold(connection);
        await writer.read();
      } else await releaseOwnHold(reconcile);
      loop.wake();
    },
    adoptable,
    adopt: () =>
      loop.between(async () => {
        await refuseHeld();
        const [{ revision, wanted }, found, { adoptionSteps }] = await Promise.all([
          accepted(),
          adoptable(),
          import('../../../core/plan/adopt/find-adoptable.ts'),
        ]);
        await write(adoptionSteps(found, wanted.desired.covers), revision);
        // What is replaced by ours goes with the next pass, whatever becomes of drift.
        deps.correctOnce();
        return found;
      }),
    owned: async () => (await ownedResources()).map(ownedObject),
    release: () =>
      loop.between(async () => {
        await refuseHeld();
        const found = await ownedResources();
        const { accepted: revision } = state.current();
        const released = revision === undefined ? [] : await releaseResources(found, revision);
        await state.change((current) => ({
          state: withoutConfiguration(current),
          result: undefined,
        }));
        const left = await ownedResources();
        return { objects: released.map(ownedObject), left: left.map(ownedObject) };
      }),
    staleNodes: findStale,
    removeStaleNode: (name, { living, force }) =>
      loop.between(async () => {
        await refuseHeld();
        const stale = (await findStale(living)).find((one) => one.name === name);
        await connection.survey.removeNode(name, versionOf(name, stale, force));
      }),
    exportConfig: async () => decider.exported(await connection.survey.survey()),
  };
}

async function releaseClusterHold({ writerLease: lease }: ConnectedDatastore): Promise<void> {
  const { record } = await lease.read();
  if (record?.hold === undefined) throw notHeld('the cluster');
  await lease.setHold(undefined);
}

async function releaseOwnHold({ state }: ReconcileDeps): Promise<void> {
  await state.change(({ hold, ...rest }) => {
    if (hold === undefined) throw notHeld('this agent');
    return { state: rest, result: undefined };
  });
}

function notHeld(what: string): AppError {
  return new AppError('not-found', `cannot release the hold of ${what}: there is none`);
}

function ownedObject({ resource, owner }: ObservedResource): OwnedObject {
  const { kind, metadata } = resource;
  return { kind, name: metadata.name, scope: scopeText(owner?.scope ?? { kind: 'cluster' }) };
}

/** undefined: only address blocks of it are left. */
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
