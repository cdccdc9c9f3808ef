/**
 * Builds the reconcile loop, the parts with which its passes work, and the watches that wake it.
 */
import { revisionText } from '../../../core/revision/revision-text.ts';
import { withFields } from '../../../runtime/log/with-fields.ts';
import { rolledBackByWriter } from '../../../core/confirm/rolled-back-by-writer.ts';
import { explainMissingNode } from '../addresses/explain-missing-node.ts';
import { createAllWritten, type AllWritten } from '../apply/all-written.ts';
import { createChangeListeners } from '../apply/change-listeners.ts';
import { createBeforeChange } from '../confirm/before-change.ts';
import { createGateReaders } from '../apply/gate-readers.ts';
import { createGates } from '../apply/gates.ts';
import type { Targets } from '../apply/targets.ts';
import { editedCluster } from '../derive/edited-cluster.ts';
import { createLeftToPerson } from '../derive/left-by-hand.ts';
import { createClusterPlanning } from '../derive/plan-cluster-edits.ts';
import type { Planning } from '../derive/observe-and-plan.ts';
import { rememberObserved, restartHint, type RememberedLxd } from '../lxd/last-observed.ts';
import { previousProjects } from '../lxd/previous-projects.ts';
import { createFollowing, type Following } from '../reconcile/follow-datastore.ts';
import { createLoop, type Loop } from '../reconcile/loop.ts';
import { createPolicy, type RunningPolicy } from '../reconcile/policy.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';
import type { Report } from '../status/report.ts';
import type { RunningConfirming } from '../confirm/confirming.ts';
import { rolesOf, type AgentDeps } from './agent-deps.ts';
import { createConfirmation } from './confirmation.ts';
import { createFleet, type Fleet } from './fleet.ts';
import type { Knowledge } from './knowledge.ts';

export interface Reconciliation {
  readonly loop: Loop;
  readonly following: Following;
  readonly policy: RunningPolicy;
  readonly confirming: RunningConfirming;
  readonly reconciling: Reconciling;
  /** Absent: the agent does not have the role lxd-host. */
  readonly lxd?: RememberedLxd;
  /** Absent: there is no way to other agents. */
  readonly fleet?: Fleet;
}

export function createReconciliation(deps: AgentDeps, knowledge: Knowledge): Reconciliation {
  const { clock } = deps;
  const { settings, records, writer, derivedOf } = knowledge;
  const { state } = records;
  const loop = createLoop(clock);
  const following = followDatastore(deps, knowledge, loop);
  const policy = createPolicy({ settings, state, following, clock });
  const lxd = deps.lxd && rememberObserved(deps.lxd);
  const planning = createPlanning(deps, knowledge, lxd);
  const { targets } = planning;
  const fleet = createFleet(deps, knowledge);
  const written = fleet?.written ?? createAllWritten({ others: () => true, clock });
  const report = createReport(deps, knowledge, loop);
  const listeners = createChangeListeners(
    [knowledge.guard, written, fleet?.reporter].filter((one) => one !== undefined),
    deps.logger,
  );
  const confirming = createConfirmation(deps, knowledge, { loop, report, listeners, fleet });
  writer.onChange(() => {
    if (rolledBackByWriter(state.current(), writer.status().record) !== undefined) loop.wake();
  });
  const reconciling: Reconciling = {
    targets,
    planning,
    gates: createGates(createReaders(deps, knowledge, written, fleet), clock),
    listeners,
    writer,
    records,
    derivedOf,
    policy,
    clock,
    report,
    confirming,
    node: thisNode(deps, knowledge),
    restartHint: () => (lxd === undefined ? '' : restartHint(state.current(), lxd.last())),
  };
  return {
    loop,
    following,
    policy,
    confirming,
    reconciling,
    ...(lxd !== undefined && { lxd }),
    ...(fleet !== undefined && { fleet }),
  };
}

function createReaders(
  { connection, cluster, clock }: AgentDeps,
  { facts, sessions, records, observer }: Knowledge,
  { seconds: writtenSeconds }: AllWritten,
  fleet: Fleet | undefined,
): ReturnType<typeof createGateReaders> {
  return createGateReaders({
    calico: connection.datastore,
    nodeName: () => facts.current().name,
    now: () => clock.now(),
    ...(cluster !== undefined && {
      clusterNodes: () => cluster.nodes(),
      rollout: (workload) => cluster.rollout(workload),
    }),
    sessions: sessions.read,
    ...createBeforeChange(records.state, observer),
    writtenSeconds,
    ...(fleet !== undefined && { fleet: fleet.view }),
  });
}

function followDatastore(
  { connection, clock, logger }: AgentDeps,
  { status, writer }: Knowledge,
  loop: Loop,
): Following {
  return createFollowing(connection.datastore, {
    clock,
    logger,
    wake: loop.wake,
    recordMatters: () => ['awaiting-writer', 'held'].includes(status.activity().state),
    readRecord: writer.read,
  });
}

function createPlanning(
  { connection, cluster, cloud, clock }: AgentDeps,
  { decider, records, derivedOf, guard, writer, heldPeers, platform: { host } }: Knowledge,
  lxd: RememberedLxd | undefined,
): Planning {
  const targets: Targets = {
    calico: connection.datastore,
    ...(lxd !== undefined && { lxd: lxd.lxd }),
    ...(cluster !== undefined && { cluster }),
    ...(cluster === undefined &&
      connection.objects !== undefined && { objects: connection.objects }),
    ...(host !== undefined && { host }),
    ...(cloud !== undefined && { cloud }),
  };
  // By a person at this agent, or for the whole cluster.
  const isRecorded = (digest: string): boolean =>
    writer.status().record?.doneOnce?.includes(digest) === true;
  const isDone = (digest: string): boolean =>
    records.state.current().doneByHand?.includes(digest) === true || isRecorded(digest);
  return {
    decider,
    targets,
    guards: () => guard !== undefined && guard.view().guard !== 'never',
    clusterEdits: createClusterPlanning({
      cluster,
      clock,
      isFollowing: () => writer.isFollowing(),
      isDone,
      isRecorded,
      edited: editedCluster(records),
    }),
    heldPeers,
    left: createLeftToPerson({ records, derivedOf, isDone }),
    withoutReport: () => records.state.current().withoutReport ?? [],
    ...(lxd !== undefined && { previousProjects: () => previousProjects(records, derivedOf) }),
  };
}

function createReport(
  { logger }: AgentDeps,
  { status, events, proven, records }: Knowledge,
  loop: Loop,
): Report {
  return {
    logger: withFields(logger, () => {
      const { accepted } = records.state.current();
      return accepted === undefined ? {} : { revision: revisionText(accepted) };
    }),
    proven,
    emit: events.emit,
    show: (activity) => {
      loop.progress();
      status.show(activity);
    },
  };
}

function thisNode(deps: AgentDeps, { facts, addresses }: Knowledge): Reconciling['node'] {
  const { survey } = deps.connection;
  return {
    facts: facts.current,
    ...(rolesOf(deps).includes('node') && { addressDoubt: addresses.doubt }),
    explainMissing: () => explainMissingNode(survey, facts.current()),
  };
}
