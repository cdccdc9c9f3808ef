/** How each kind of gate is read: from Calico's datastore, from BIRD on this node, from the fleet. */
import { nameSome } from '../../../core/name-some.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { SessionVerdict } from '../../../core/sessions/match-sessions.ts';
import type { CalicoDatastore } from '../../ports/datastore/calico-datastore.ts';
import type { SessionsReport } from '../sessions/observe-sessions.ts';
import type { GateQuestion, GateReaders, GateReading } from './gates.ts';

/** What gates read of another node's report. */
export interface NodeReport {
  readonly node: string;
  readonly revision: RevisionRef;
  readonly stage: string;
  readonly guard: 'on' | 'off' | 'never';
  readonly sessions:
    'unknown' | { readonly asExpected: boolean; readonly worst?: string | undefined };
  readonly routes: 'back' | 'missing' | 'unknown';
}

/** What gates read of the fleet. */
export interface FleetView {
  reports(): readonly NodeReport[];
  isAvailable(): boolean;
  /** All nodes that Calico knows. */
  nodes(): Promise<readonly string[]>;
}

export interface GateSources {
  readonly calico: Pick<CalicoDatastore, 'poolUsage'>;
  readonly nodeName: () => string;
  /** The sessions of this node. */
  readonly sessions: () => Promise<Pick<SessionsReport, 'daemons' | 'verdicts'>>;
  /** Whether this node has a route again to each pod block that it had one to; absent: not known. */
  readonly routes?: () => Promise<NodeReport['routes']>;
  /** Absent: this agent is alone. */
  readonly fleet?: FleetView;
}

/** A node that said nothing for so long since the wait began counts as away. */
const awayMs = 30_000;
const poolsMs = 10_000;
const fleetMs = 2000;

export function createGateReaders(sources: GateSources): GateReaders {
  const own = ownReadings(sources);
  const ofFleet = (
    question: GateQuestion,
    mine: GateReading,
    judge: (report: NodeReport) => NodeVerdict,
  ): Promise<GateReading> => readFleet(sources, question, mine, judge);
  return {
    'pool-free': { everyMs: poolsMs, read: ({ cidr }) => readPool(sources.calico, cidr) },
    'node-sessions': { everyMs: fleetMs, read: ({ to }) => own.sessions(to) },
    'fleet-guarding': {
      everyMs: fleetMs,
      read: (_gate, question) => ofFleet(question, nothingToSee, guarding),
    },
    'fleet-sessions': {
      everyMs: fleetMs,
      read: async ({ to }, question) => ofFleet(question, await own.sessions(to), sessionsUp),
    },
    'fleet-routes': {
      everyMs: fleetMs,
      read: async (_gate, question) => ofFleet(question, await own.routes(), routesBack),
    },
  };
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
  sessions(to: readonly string[] | undefined): Promise<GateReading>;
  routes(): Promise<GateReading>;
}

/** What this node observes of itself. */
function ownReadings({ sessions, routes, nodeName }: GateSources): OwnReadings {
  return {
    sessions: async (to) => {
      const { daemons, verdicts } = await sessions();
      if (daemons.length === 0) {
        return { ...nothingToSee, unseen: `no BIRD is on ${nodeName()}` };
      }
      const asked = verdicts.filter(
        ({ neighbor }) => to === undefined || (neighbor !== undefined && to.includes(neighbor)),
      );
      const closed = asked.filter(({ verdict }) => broken.has(verdict));
      if (closed.length > 0) {
        return {
          isOpen: false,
          why: `${nodeName()}: ${closed.slice(0, 3).map(textOf).join(', ')}`,
        };
      }
      const isUnknown = asked.some(({ verdict }) => verdict === 'unknown');
      return { isOpen: true, ...(isUnknown && { unseen: unseenText([nodeName()]) }) };
    },
    routes: async () => {
      const state = (await routes?.()) ?? 'unknown';
      return state === 'missing' ? { isOpen: false, why: missingText(nodeName()) } : nothingToSee;
    },
  };
}

const broken: ReadonlySet<SessionVerdict['verdict']> = new Set(['differs', 'down', 'missing']);

function textOf({ neighbor, why, verdict }: SessionVerdict): string {
  return `${neighbor ?? 'a session'}: ${why ?? verdict}`;
}

function missingText(node: string): string {
  return `${node} does not have them all`;
}

function unseenText(nodes: readonly string[]): string {
  return `nobody could observe the sessions of ${nameSome(nodes)}`;
}

/** undefined: as it should be. unseen: nobody can tell, and it does not hold the change up. */
type NodeVerdict = { readonly why: string } | 'unseen' | undefined;

function guarding({ node, guard }: NodeReport): NodeVerdict {
  return guard === 'off' ? { why: `${node} has none yet` } : undefined;
}

function sessionsUp({ node, stage, sessions }: NodeReport): NodeVerdict {
  if (stage === 'guarding') return { why: `${node} has not begun its steps` };
  if (stage === 'failed' || stage === 'rolled-back')
    return { why: `${node} could not apply the revision` };
  if (sessions === 'unknown') return 'unseen';
  return sessions.asExpected
    ? undefined
    : { why: `${node}: ${sessions.worst ?? 'not all of them are'}` };
}

function routesBack({ node, routes }: NodeReport): NodeVerdict {
  if (routes === 'unknown') return 'unseen';
  return routes === 'missing' ? { why: missingText(node) } : undefined;
}

/** This node by what it observes itself, the others by their reports. */
async function readFleet(
  { fleet, nodeName }: GateSources,
  { revision, isOwnOnly, waitedMs }: GateQuestion,
  own: GateReading,
  judge: (report: NodeReport) => NodeVerdict,
): Promise<GateReading> {
  if (!own.isOpen || fleet === undefined || isOwnOnly || !fleet.isAvailable()) return own;
  const reports = new Map(
    fleet
      .reports()
      .flatMap((one) => (sameRevision(one.revision, revision) ? [[one.node, one] as const] : [])),
  );
  const others = (await fleet.nodes()).filter((node) => node !== nodeName());
  const silent = others.filter((node) => !reports.has(node));
  const judged = others.flatMap((node) => {
    const report = reports.get(node);
    return report === undefined ? [] : [{ node, verdict: judge(report) }];
  });
  const closed = judged.flatMap(({ verdict }) =>
    verdict === undefined || verdict === 'unseen' ? [] : [verdict.why],
  );
  const isWaitingForSilent = silent.length > 0 && waitedMs < awayMs;
  if (closed.length > 0 || isWaitingForSilent) {
    const why = [
      ...(closed.length > 0 ? [nameSome(closed)] : []),
      ...(isWaitingForSilent ? [`no report yet from ${nameSome(silent)}`] : []),
    ];
    return { isOpen: false, why: why.join('; ') };
  }
  const unseen = judged.flatMap(({ node, verdict }) => (verdict === 'unseen' ? [node] : []));
  return openAlthough([
    ...(own.unseen === undefined ? [] : [own.unseen]),
    ...(silent.length > 0 ? [`away, without a report: ${nameSome(silent)}`] : []),
    ...(unseen.length > 0 ? [unseenText(unseen)] : []),
  ]);
}

function openAlthough(unseen: readonly string[]): GateReading {
  return { isOpen: true, ...(unseen.length > 0 && { unseen: unseen.join('; ') }) };
}
