import type { Derived } from '../../../core/deciding/question.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { AskedOnce } from '../../../core/writer/done-once.ts';
import type { LeftByHand } from '../../../core/platform/left-by-hand.ts';
import type { ObservedPlatform } from '../../../core/platform/observed-platform.ts';
import { RightRefused } from '../../../runtime/kubernetes/right-refused.ts';
import type { Observed } from '../../../core/observe/observed.ts';
import type { ObservedLxd } from '../../../core/lxd/observed-lxd.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { ObservedCloud } from '../../../core/cloud/observed-cloud.ts';
import type { HostChanges } from '../../ports/platform/host-changes.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import type { DecideOptions, Decider } from '../../ports/decider.ts';
import { finishInTurns, otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';
import type { HeldPeers } from './held-peers.ts';
import { isOwnShare } from './later-share.ts';
import type { LeftToPerson } from './left-by-hand.ts';
import { planObjectFiles } from './plan-object-files.ts';
import type { PlanClusterEdits } from './plan-cluster-edits.ts';
import type { Targets } from '../apply/targets.ts';

export interface PlannedChange {
  readonly plan: AnyPlan;
  /** The observed state from which the plan was made. */
  readonly observed: Observed;
  /** The steps that are left to a person after the change; absent: none. */
  readonly leftByHand?: LeftByHand;
  /** The places where something is left to a person, done or not; absent: nobody keeps what is done. */
  readonly placesByHand?: readonly string[];
  /** The steps that are done once for the cluster; absent: none. */
  readonly askedOnce?: readonly AskedOnce[];
  /** Why LXD could not be read: the plan is that of Calico's part alone. Absent: it could. */
  readonly lxdFailure?: unknown;
  /** Why the cloud could not be read: the plan has no changes of its interfaces. Absent: it could. */
  readonly cloudFailure?: unknown;
}

export interface Planning {
  readonly decider: Pick<Decider, 'plan'>;
  readonly targets: Targets;
  /** LXD projects of the configuration in force: our settings there go with that configuration. */
  readonly previousProjects?: () => Promise<readonly string[]>;
  /** Whether guard routes carry the traffic during a change. */
  readonly guards: () => boolean;
  /** Absent: this agent changes no objects of Kubernetes beside Calico's. */
  readonly clusterEdits?: PlanClusterEdits;
  /** Absent: nobody expects sessions. */
  readonly heldPeers?: Pick<HeldPeers, 'note'>;
  /** Absent: nothing is left to a person. */
  readonly left?: LeftToPerson;
  /** Nodes that did not report in the last change of the fleet. */
  readonly withoutReport: () => readonly string[];
}

/** As planDesired, of all targets, which are all read now. @throws AppError where one of them cannot be read */
export async function planAll(
  ...args: [planning: Planning, node: string, derived: Derived, options?: DecideOptions]
): Promise<PlannedChange> {
  const [planning, node, derived, options] = args;
  const planned = await planDesired(planning, node, derived, options, true);
  if (planned.lxdFailure !== undefined) throw planned.lxdFailure;
  if (planned.cloudFailure !== undefined) throw planned.cloudFailure;
  return planned;
}

/**
 * Observes the targets, and plans the changes to the desired state. An LXD that does not answer
 * holds no change of Calico up.
 * @throws AppError
 */
export async function planDesired(
  {
    decider,
    targets,
    previousProjects,
    clusterEdits,
    guards,
    withoutReport,
    left,
    heldPeers,
  }: Planning,
  node: string,
  derived: Derived,
  options: DecideOptions = { isUrgent: true },
  isFresh = false,
): Promise<PlannedChange> {
  const { calico, lxd, host, objects, cloud } = targets;
  const { desired } = derived;
  const [{ poolsToChangeInParts }, found] = await Promise.all([
    import('../../../core/plan/pools/pools-to-change.ts'),
    calico.observe(node),
  ]);
  const pools = await finishInTurns(poolsToChangeInParts(desired, found));
  const cidrs = pools.toDelete;
  // Where the usage of pools is unknown, the plan deletes no pool.
  const poolUsage = cidrs.length === 0 ? undefined : ((await calico.poolUsage(cidrs)) ?? []);
  const blocks = pools.toCreate.length === 0 ? undefined : await calico.blocks?.();
  const ofLxd = lxd === undefined ? {} : await observeLxd(lxd, calico);
  const ofCloud = cloud === undefined ? {} : await observeCloud(cloud, desired, node);
  const observed: Observed = {
    ...found,
    ...(blocks !== undefined && { blocks }),
    ...(poolUsage !== undefined && { poolUsage }),
    ...(ofLxd.lxd !== undefined && { lxd: ofLxd.lxd }),
    ...(ofCloud.cloud !== undefined && { cloud: ofCloud.cloud }),
    ...(host !== undefined &&
      (await isManaged(host, desired)) && {
        platform: await observePlatform(host, targets, desired),
      }),
  };
  const previous = (lxd && (await previousProjects?.())) ?? [];
  await otherWorkFirst();
  const question = {
    desired,
    observed,
    previousProjects: previous,
    ...(ofCloud.failure !== undefined && { isCloudUnread: true as const }),
    ...(calico.reachesCluster && {
      traffic: { guards: guards(), withoutReport: withoutReport() },
    }),
  };
  const ofAll = await decider.plan(question, options);
  const isOwn = isOwnShare(derived);
  // Objects of Kubernetes are cluster-wide: nobody looks at them for a node's own share.
  const isDecided = objects === undefined || isOwn;
  const decided = isDecided ? ofAll : await planObjectFiles(objects, ofAll);
  const inCluster = isOwn ? decided : await (clusterEdits?.(decided, desired, isFresh) ?? decided);
  const withLeft = await (left?.addTo(inCluster, derived) ?? inCluster);
  const { leftByHand, askedOnce = [], heldPeers: held = [], ...plan } = withLeft;
  heldPeers?.note(desired, held);
  const asked = isOwn ? undefined : await left?.askedOf(decided, derived);
  const once = asked?.once === undefined ? [] : [{ digest: asked.once, state: 'unseen' } as const];
  const planned = {
    plan,
    ...(asked !== undefined && { placesByHand: asked.places }),
    askedOnce: [...askedOnce, ...once],
    ...(leftByHand !== undefined && { leftByHand }),
    observed,
    ...(ofLxd.failure !== undefined && { lxdFailure: ofLxd.failure }),
    ...(ofCloud.failure !== undefined && { cloudFailure: ofCloud.failure }),
  };
  if (plan.steps.length === 0) return planned;
  const absent = (await calico.checkCalico?.()) ?? [];
  if (absent.length === 0) return planned;
  const { withoutLosses } = await import('../../../core/plan/order/find-losses.ts');
  return { ...planned, plan: { ...plan, issues: [...withoutLosses(plan.issues), ...absent] } };
}

/** Without a section, and without edits that are left from one, nobody needs these files. */
async function isManaged(host: HostChanges, { platform }: Derived['desired']): Promise<boolean> {
  return platform !== undefined || (await host.hasEdits());
}

/**
 * With the load balancers on a server of K3s, where the configuration says which one shall answer. Without the right to
 * look, a person has to.
 */
async function observePlatform(
  host: HostChanges,
  { cluster }: Targets,
  { platform }: Derived['desired'],
): Promise<ObservedPlatform> {
  const observed = await host.observe();
  const isAsked = platform?.kind === 'k3s' && platform.settings.loadBalancer !== undefined;
  if (cluster === undefined || !isAsked || observed.k3s?.role !== 'server') return observed;
  try {
    return { ...observed, loadBalancers: await cluster.loadBalancers() };
  } catch (error) {
    if (error instanceof RightRefused) return observed;
    throw error;
  }
}

interface ReadCloud {
  readonly cloud?: ObservedCloud;
  readonly failure?: unknown;
}

/** Without a section, and without interfaces that the agent changed, nobody asks the cloud. */
async function observeCloud(
  cloud: Cloud,
  { cloud: desired }: Derived['desired'],
  node: string,
): Promise<ReadCloud> {
  try {
    if (desired === undefined && !(await cloud.hasNotes())) return {};
    return { cloud: await cloud.observe(desired, node) };
  } catch (failure) {
    return { failure };
  }
}

interface ReadLxd {
  readonly lxd?: ObservedLxd;
  readonly failure?: unknown;
}

async function observeLxd(lxd: LxdHost, calico: Targets['calico']): Promise<ReadLxd> {
  try {
    return { lxd: await lxd.observe() };
  } catch (failure) {
    // On a host that is no node there is nothing else to do.
    if (calico.driver === 'none') throw failure;
    return { failure };
  }
}
