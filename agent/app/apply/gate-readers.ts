/**
 * The reader of each kind of gate: from Calico's datastore, from BIRD on this node, or from the
 * fleet.
 */
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import type { FleetCondition, FleetVerdict } from '../../../core/fleet/judge-fleet.ts';
import type { Baseline } from '../../../core/confirm/baseline.ts';
import { brokenSessions } from '../../../core/confirm/broken-sessions.ts';
import { awaitedSessions } from '../../../core/confirm/sessions-before.ts';
import { nameSome } from '../../../core/name-some.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { SessionVerdict } from '../../../core/sessions/match-sessions.ts';
import type { CalicoDatastore } from '../../ports/datastore/calico-datastore.ts';
import type { SessionsReport } from '../sessions/observe-sessions.ts';
import type { ObjectRef } from '../../../core/platform/cluster/object-ref.ts';
import type { ClusterNode, RolloutState } from '../../../core/platform/cluster/observed-cluster.ts';
import { createRolloutReader } from './platform/rollout-gate.ts';
import { createTurnReader } from './platform/restart-turn.ts';
import type { GateQuestion, GateReaders, GateReading } from './gates.ts';

/** The part of the fleet's reports that gates read. */
export interface GateFleet {
  judge(condition: FleetCondition, revision: RevisionRef): FleetVerdict;
  /** Whether it is this node's turn to restart its services. */
  judgeTurn(revision: RevisionRef, parallel: number): FleetVerdict;
  /** The nodes that restart their services at this moment. */
  restarting(revision: RevisionRef): readonly string[];
  /** The cluster is known to have no other node. */
  isOnlyNode(revision: RevisionRef): boolean;
  /** Why this agent goes on without the other nodes; undefined: it waits for them. */
  alone(): string | undefined;
}

export interface GateSources {
  readonly calico: Pick<CalicoDatastore, 'poolUsage'>;
  readonly nodeName: () => string;
  /** The wall clock, RFC 3339, for windows that people set. */
  readonly now: () => string;
  /** The sessions of this node. */
  readonly sessions: () => Promise<Pick<SessionsReport, 'daemons' | 'verdicts'>>;
  /** This node's baseline; undefined: nobody observed the node before the change. */
  readonly before?: () => Baseline | undefined;
  /** Whether this node has again a route to each pod block that it had one to; absent: not known. */
  readonly routes?: () => Promise<FleetReport['routes']>;
  /** For how many seconds all nodes have made their changes; undefined: they have not. */
  readonly writtenSeconds?: (revision: RevisionRef) => number | undefined;
  /** All nodes of Kubernetes; absent: nobody can read them. */
  readonly clusterNodes?: () => Promise<readonly ClusterNode[]>;
  /** How far a rollout is; absent: nobody can read it. */
  readonly rollout?: (workload: ObjectRef) => Promise<RolloutState>;
  /** Absent: this agent is alone. */
  readonly fleet?: GateFleet;
}

const poolsMs = 10_000;
const outsideMs = 10_000;
const fleetMs = 2000;

export function createGateReaders(sources: GateSources): GateReaders {
  const own = ownReadings(sources);
  const ofFleet = (
    condition: FleetCondition,
    question: GateQuestion,
    mine: GateReading,
  ): GateReading => readFleet(sources, condition, question, mine);
  return {
    'pool-free': { everyMs: poolsMs, read: ({ cidr }) => readPool(sources.calico, cidr) },
    'node-sessions': {
      everyMs: fleetMs,
      read: ({ to }, { revision }) => own.sessions(to, revision),
    },
    'fleet-guarding': {
      everyMs: fleetMs,
      read: ({ kind }, question) => Promise.resolve(ofFleet({ kind }, question, nothingToSee)),
    },
    'fleet-sessions': {
      everyMs: fleetMs,
      read: async ({ kind, to }, question) =>
        ofFleet(
          { kind, ...(to !== undefined && { to }) },
          question,
          await own.sessions(to, question.revision),
        ),
    },
    'fleet-written': {
      everyMs: fleetMs,
      // This node's own plan has the changes of the node before this step.
      read: ({ kind }, question) => Promise.resolve(ofFleet({ kind }, question, nothingToSee)),
    },
    'fleet-files': {
      everyMs: fleetMs,
      // The edits of this node's files stand in a step before this one.
      read: ({ kind }, question) => Promise.resolve(ofFleet({ kind }, question, nothingToSee)),
    },
    'fleet-restarted': {
      everyMs: fleetMs,
      read: ({ kind }, question) => Promise.resolve(ofFleet({ kind }, question, nothingToSee)),
    },
    rollout: { everyMs: poolsMs, read: createRolloutReader(sources.rollout) },
    // Each pass plans anew, and leaves the gate out when it is so.
    outside: {
      everyMs: outsideMs,
      read: ({ digest }) => Promise.resolve({ isOpen: false, why: outsideText(digest) }),
    },
    'restart-turn': { everyMs: fleetMs, read: createTurnReader(sources) },
    'fleet-routes': {
      everyMs: fleetMs,
      read: async ({ kind }, question) => ofFleet({ kind }, question, await own.routes()),
    },
  };
}

function outsideText(digest: string | undefined): string {
  return digest === undefined
    ? 'the agent looks again'
    : 'calico-agent plan shows the commands, and calico-agent confirm says that they were run';
}

const nothingToSee = { isOpen: true, isFinal: true } as const;

async function readPool(
  calico: Pick<CalicoDatastore, 'poolUsage'>,
  cidr: string,
): Promise<GateReading> {
  const usage = (await calico.poolUsage([cidr]))?.find((one) => one.cidr === cidr);
  if (usage === undefined) return { isOpen: false, why: 'nobody can tell how many are in use' };
  if (usage.addresses === 0) return { isOpen: true };
  return { isOpen: false, why: `${String(usage.addresses)} are in use` };
}

interface OwnReadings {
  sessions(to: readonly string[] | undefined, revision: RevisionRef): Promise<GateReading>;
  routes(): Promise<GateReading>;
}

/** Readings of this node by itself. */
function ownReadings(sources: GateSources): OwnReadings {
  const { sessions, before, routes, nodeName, writtenSeconds } = sources;
  const textOfOwn = (verdicts: readonly SessionVerdict[]): string =>
    `${nodeName()}: ${textsOf(verdicts)}`;
  return {
    sessions: async (to, revision) => {
      const { daemons, verdicts } = await sessions();
      if (daemons.length === 0) {
        return { ...nothingToSee, passedOver: `no BIRD is on ${nodeName()}` };
      }
      const isAsked = ({ neighbor }: SessionVerdict): boolean =>
        to === undefined || (neighbor !== undefined && to.includes(neighbor));
      const awaited = awaitedSessions(verdicts, before?.());
      const missing = awaited.missing.filter(isAsked);
      if (missing.length > 0) {
        const broken = brokenSessions(missing, writtenSeconds?.(revision));
        const why = textOfOwn(missing);
        return { isOpen: false, why, ...(broken.length > 0 && { broken: textOfOwn(broken) }) };
      }
      const downBefore = awaited.downBefore.filter(isAsked);
      const isUnknown = verdicts.some((one) => isAsked(one) && one.verdict === 'unknown');
      const passedOver = [
        ...(isUnknown ? [`nobody could observe the sessions of ${nodeName()}`] : []),
        ...(downBefore.length > 0 ? [downBeforeText(downBefore)] : []),
      ];
      return passedOver.length === 0
        ? { isOpen: true }
        : { isOpen: true, passedOver: passedOver.join('; ') };
    },
    routes: async () => {
      const state = (await routes?.()) ?? 'unknown';
      return state === 'missing'
        ? { isOpen: false, why: `${nodeName()} does not have them all` }
        : nothingToSee;
    },
  };
}

const mostTexts = 3;

function textsOf(verdicts: readonly SessionVerdict[]): string {
  return verdicts.slice(0, mostTexts).map(textOf).join(', ');
}

function downBeforeText(verdicts: readonly SessionVerdict[]): string {
  const addresses = verdicts.map(({ neighbor = 'a session' }) => neighbor);
  return `not waited for, because it was down before the change: ${nameSome(addresses)}`;
}

function textOf({ neighbor, why, verdict }: SessionVerdict): string {
  return `${neighbor ?? 'a session'}: ${why ?? verdict}`;
}

/** Judges this node by its own readings, and the other nodes by their reports. */
function readFleet(
  { fleet }: GateSources,
  condition: FleetCondition,
  { revision, isOwnOnly }: GateQuestion,
  own: GateReading,
): GateReading {
  if (!own.isOpen || fleet === undefined || isOwnOnly || fleet.alone() !== undefined) return own;
  const verdict = fleet.judge(condition, revision);
  if (!verdict.isOpen) return verdict;
  const passedOver = [own.passedOver, verdict.notes].filter((one) => one !== undefined);
  return { isOpen: true, ...(passedOver.length > 0 && { passedOver: passedOver.join('; ') }) };
}
