import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Issue } from '../../../core/issue.ts';
import { nodeWithoutPeers } from '../../../core/resolve/resolution.ts';
import type { SourceKind } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { SessionCount } from '../../../core/sessions/count-sessions.ts';
import type { CalicoDatastore } from '../../ports/datastore/calico-datastore.ts';
import type { WriterStatus } from '../../ports/datastore/writer-lease.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import type { StorageProblem } from '../../ports/storage/storage-problems.ts';
import type { DegradedAdapter } from '../../../core/degraded/adapters.ts';
import type { GuardView } from '../../../core/guard/guard-view.ts';
import type { AgentState } from '../state/agent-state.ts';
import { leavesCluster } from '../state/cluster-share.ts';

/** The agent's activity at this moment. */
export type Activity = Pick<
  AgentStatus,
  'state' | 'message' | 'progress' | 'drift' | 'needsPerson'
> & {
  /** BGPPeers outside of the configuration that may give this node sessions. */
  readonly byOthers?: readonly string[];
  /** Issues of objects in the datastore that cannot be read. */
  readonly unreadable?: readonly Issue[];
};

export interface StatusInputs {
  readonly state: AgentState;
  readonly facts: NodeFacts;
  readonly issues: readonly Issue[];
  readonly derived: Derived | undefined;
  readonly source: SourceKind | undefined;
  readonly controller: AgentStatus['controller'];
  readonly certificate?: AgentStatus['certificate'];
  readonly writerStatus: WriterStatus;
  /** Absent: nothing waits for its confirmation. */
  readonly confirming?: AgentStatus['confirming'];
  readonly isStateKnown: boolean;
  readonly problems: readonly StorageProblem[];
  /** Names of changed settings that count only after a restart. */
  readonly restartNeeded: readonly string[];
  /** Absent: there is no BIRD, or no configuration. */
  readonly sessions?: SessionCount | undefined;
  readonly guard: GuardView;
  readonly degraded: readonly DegradedAdapter[];
  /** Absent: no change runs in which other nodes take part. */
  readonly fleet?: AgentStatus['fleet'];
  /** Absent: none that the agent knows, or not looked yet. */
  readonly platform?: AgentStatus['platform'];
}

/** Returns the same object as long as nothing changed: each part is replaced, never altered. */
export function createStatusBoard(fixed: FixedStatus): {
  read(activity: Activity, inputs: StatusInputs): AgentStatus;
} {
  let last: { activity: Activity; inputs: StatusInputs; status: AgentStatus } | undefined;
  return {
    read: (activity, inputs) => {
      if (last?.activity === activity && isSame(last.inputs, inputs)) return last.status;
      last = { activity, inputs, status: buildStatus(fixed, activity, inputs) };
      return last.status;
    },
  };
}

function isSame(a: StatusInputs, b: StatusInputs): boolean {
  return (
    a.state === b.state &&
    a.facts === b.facts &&
    a.issues === b.issues &&
    a.derived === b.derived &&
    a.source === b.source &&
    a.controller === b.controller &&
    a.certificate === b.certificate &&
    a.writerStatus === b.writerStatus &&
    a.isStateKnown === b.isStateKnown &&
    a.problems === b.problems &&
    a.restartNeeded === b.restartNeeded &&
    a.confirming === b.confirming &&
    a.sessions === b.sessions &&
    a.guard === b.guard &&
    a.degraded === b.degraded &&
    a.fleet === b.fleet &&
    a.platform === b.platform
  );
}

export interface FixedStatus extends Pick<AgentStatus, 'agentVersion' | 'startedAt' | 'roles'> {
  /** With the driver "auto" these properties become known only later. */
  readonly datastore: Pick<CalicoDatastore, 'driver' | 'reachesCluster' | 'message'>;
}

const maxIssues = 1000;
const maxMessage = 4096;
/** A node may have 25,000 peers, and the status is written as one text. */
const maxPeers = 1000;

function buildStatus(fixed: FixedStatus, activity: Activity, inputs: StatusInputs): AgentStatus {
  const {
    state,
    facts,
    issues,
    derived,
    source,
    controller,
    writerStatus: standing,
    restartNeeded,
  } = inputs;
  const { accepted, inForce, confirmed, confirmedBy, healthyNodes, rejected } = state;
  const { datastore, ...rest } = fixed;
  const { byOthers = [], unreadable = [], ...shown } = activity;
  // A node with sessions by BGPPeers of others is not cut off.
  const ofConfig = derived?.issues.filter(
    ({ code }) => code !== nodeWithoutPeers || byOthers.length === 0,
  );
  const { driver, reachesCluster, message } = datastore;
  return {
    formatVersion: 1,
    node: facts.name,
    ...rest,
    ...shown,
    message: activity.message.slice(0, maxMessage),
    revisions: {
      ...(accepted === undefined ? {} : { accepted }),
      ...(inForce === undefined ? {} : { inForce }),
      ...(confirmed === undefined ? {} : { confirmed }),
      ...(confirmedBy === undefined ? {} : { confirmedBy }),
      ...(healthyNodes === undefined ? {} : { healthyNodes }),
      rejected,
    },
    ...(derived === undefined ? {} : { resolved: resolvedOf(derived) }),
    ...(inputs.sessions !== undefined && { sessions: inputs.sessions }),
    ...guardOf(inputs.guard),
    ...(inputs.confirming !== undefined && { confirming: inputs.confirming }),
    ...(inputs.fleet !== undefined && { fleet: inputs.fleet }),
    ...(inputs.platform !== undefined && { platform: inputs.platform }),
    ...(accepted !== undefined && leavesCluster(state, accepted) && { clusterShare: 'later' }),
    ...(source === undefined ? {} : { source }),
    datastore: { driver, reachesCluster, message },
    ...(restartNeeded.length === 0 ? {} : { restartNeeded: [...restartNeeded] }),
    ...writerLeaseOf(standing),
    ...holdOf(state, standing),
    ...(controller === undefined ? {} : { controller }),
    ...(inputs.certificate !== undefined && { certificate: inputs.certificate }),
    ...(inputs.degraded.length > 0 && { degraded: [...inputs.degraded] }),
    ...storageOf(inputs),
    issues: [...issues, ...unreadable, ...(ofConfig ?? [])].slice(0, maxIssues),
  };
}

function guardOf(view: GuardView): Pick<AgentStatus, 'guard'> {
  switch (view.guard) {
    case 'off':
      return {};
    case 'never':
      return { guard: { state: 'never', why: view.why.slice(0, maxMessage) } };
    case 'on': {
      const { routes, carrying, until } = view;
      return { guard: { state: 'on', routes, carrying, until } };
    }
  }
}

function storageOf({ isStateKnown, problems }: StatusInputs): Pick<AgentStatus, 'storage'> {
  if (isStateKnown && problems.length === 0) return {};
  const listed = problems.map(({ file, message, hint }) => ({
    file: file.slice(0, maxMessage),
    message: message.slice(0, maxMessage),
    hint: hint.slice(0, maxMessage),
  }));
  return { storage: { ...(!isStateKnown && { stateUnknown: true }), problems: listed } };
}

function writerLeaseOf({ record }: WriterStatus): Pick<AgentStatus, 'clusterWriter'> {
  if (record?.revision === undefined) return {};
  const { revision, by, at } = record;
  return { clusterWriter: { revision, by, at } };
}

function holdOf(state: AgentState, { record }: WriterStatus): Pick<AgentStatus, 'hold'> {
  if (state.hold !== undefined) return { hold: { ...state.hold, scope: 'agent' } };
  return record?.hold === undefined ? {} : { hold: { ...record.hold, scope: 'cluster' } };
}

/** A node may have tens of thousands of peers, and the status changes with each step. */
const resolutions = new WeakMap<Derived, NonNullable<AgentStatus['resolved']>>();

function resolvedOf(derived: Derived): NonNullable<AgentStatus['resolved']> {
  const known = resolutions.get(derived);
  if (known !== undefined) return known;
  const resolved = resolve(derived);
  resolutions.set(derived, resolved);
  return resolved;
}

function resolve({ resolution }: Derived): NonNullable<AgentStatus['resolved']> {
  const { asNumber, routeReflectorClusterId, peers } = resolution;
  return {
    ...(asNumber === undefined ? {} : { asNumber: asNumber.value }),
    ...(routeReflectorClusterId === undefined
      ? {}
      : { routeReflectorClusterId: routeReflectorClusterId.value }),
    peerCount: peers.length,
    peers: peers.slice(0, maxPeers).map(({ address, port, asNumber: remote }) => ({
      address,
      ...(port === undefined ? {} : { port }),
      asNumber: remote,
    })),
  };
}
