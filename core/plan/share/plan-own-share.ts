/** The plan of a node whose cluster-wide resources are left to a later revision, and what is left. */
import { hasErrors } from '../../issue.ts';
import type { Observed } from '../../observe/observed.ts';
import type { Desired } from '../../render/desired.ts';
import { waitTitles } from '../platform/wait-titles.ts';
import type { AnyChange, AnyPlan, Step } from '../plan.ts';
import { isFor } from '../target-of.ts';
import { ownShare } from './own-share.ts';
import { withheldSteps } from './withheld-steps.ts';

/**
 * @param planFor the plan of all targets with these resources of Calico
 * @returns the node's own changes; with an error of the whole configuration none, because it would
 * come into force nowhere
 */
export function planOwnShare(
  desired: Desired,
  observed: Observed,
  planFor: (desired: Desired) => AnyPlan,
): AnyPlan {
  const whole = planFor(desired);
  const { clusterEdits: _edits, ...rest } = whole;
  if (hasErrors(whole.issues)) return rest;
  const share = ownShare(desired, observed, {
    isAnyHeld: whole.steps.some(changesSharedPeers),
    isAnyAsHeld: whole.steps.some(changesSharedAs),
  });
  const own = planFor(share.desired);
  const { byHand = [], issues, steps } = own;
  const later = planLater(whole);
  const isHeld = (change: AnyChange): boolean =>
    (later.host && isFor('host', change)) || (later.overlay && turnsCheckOn(change));
  const kept = hasErrors(issues) ? [] : withoutChanges(steps, isHeld, later.host);
  const left = later.host ? undefined : own.leftByHand;
  const withheld = withheldSteps(whole.steps, kept, share.desired.resources);
  return {
    formatVersion: 1,
    steps: kept,
    issues,
    ...(!later.host && byHand.length > 0 && { byHand }),
    ...(left !== undefined && { leftByHand: left }),
    ...(withheld.length > 0 && { withheld }),
    ...(share.heldPeers.length > 0 && { heldPeers: share.heldPeers }),
  };
}

interface Later {
  /** Files and services of the node change together with what all nodes need. */
  readonly host: boolean;
  /** Pools change, which may need the cloud's check to stay off until then. */
  readonly overlay: boolean;
}

/**
 * Pools have to be there before a CNI starts; edits before Calico's resources come when all nodes
 * have restarted; of two load balancers only one may answer; and a person's step for the cluster
 * belongs to the change of all nodes.
 */
function planLater({ steps, clusterEdits = [], leftByHand }: AnyPlan): Later {
  const changesPools = steps.some(({ changes }) => changes.some(isOfPool));
  const titles: readonly string[] = Object.values(waitTitles);
  const isOnce =
    leftByHand?.once !== undefined ||
    steps.some(({ gates }) =>
      gates.some((gate) => gate.kind === 'outside' && gate.once !== undefined),
    );
  const isInStep =
    clusterEdits.some(({ stage = 0, optional }) => stage < 0 && optional !== true) ||
    steps.some(({ title }) => titles.includes(title));
  return { host: changesPools || isOnce || isInStep, overlay: changesPools };
}

function withoutChanges(
  steps: readonly Step<AnyChange>[],
  isHeld: (change: AnyChange) => boolean,
  isHostHeld: boolean,
): readonly Step<AnyChange>[] {
  return steps.flatMap((step) => {
    const isWait = step.changes.length === 0;
    if (isWait) return isHostHeld ? [] : [step];
    const changes = step.changes.filter((change) => !isHeld(change));
    return changes.length === 0 ? [] : [{ ...step, changes }];
  });
}

function changesSharedPeers({ changes }: Step<AnyChange>): boolean {
  return changes.some(
    (change) =>
      'scope' in change &&
      change.scope.kind === 'cluster' &&
      ((change.action === 'delete' && change.kind === 'BGPPeer') ||
        ((change.action === 'create' || change.action === 'update') &&
          change.resource.kind === 'BGPPeer')),
  );
}

function changesSharedAs({ changes }: Step<AnyChange>): boolean {
  return changes.some(
    (change) =>
      change.action === 'update' &&
      change.scope.kind === 'cluster' &&
      change.resource.kind === 'BGPPeer' &&
      change.fields.some(({ path }) => path === 'spec.asNumber'),
  );
}

function isOfPool(change: AnyChange): boolean {
  if (change.action === 'delete') return change.kind === 'IPPool';
  const isWritten = change.action === 'create' || change.action === 'update';
  return isWritten && change.resource.kind === 'IPPool';
}

function turnsCheckOn(change: AnyChange): boolean {
  return change.action === 'set-source-dest-check' && change.after !== 'disabled';
}
