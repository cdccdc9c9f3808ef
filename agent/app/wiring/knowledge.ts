/**
 * Builds the agent's knowledge: settings, records, facts of its node, derived configurations, the
 * status.
 */
import { departedDestinations } from '../../../core/guard/departed-destinations.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Derived, ReadingSettings } from '../../../core/deciding/question.ts';
import type { Decider } from '../../ports/decider.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import { createConfirmView, type ConfirmView } from '../confirm/confirm-view.ts';
import { createNodeObserver, type NodeObserver } from '../confirm/observe-node.ts';
import { createOwnProof, type OwnProof } from '../confirm/own-proof.ts';
import { createStorageProblems } from '../../ports/storage/storage-problems.ts';
import { createAddressBook, type AddressBook } from '../addresses/address-book.ts';
import { createClusterWriter, type ClusterWriter } from '../apply/cluster-writer.ts';
import { createHeldPeers, type HeldPeers } from '../derive/held-peers.ts';
import { createDerivedCache, type DerivedCache, type DerivedOf } from '../derive/desired-cache.ts';
import { createNodeFactsStore, type NodeFactsStore } from '../derive/node-facts.ts';
import { createEventLog, type RunningEventLog } from '../events/event-log.ts';
import type { AdapterHealth } from '../health/adapter-health.ts';
import type { Counters } from '../metrics/counters.ts';
import { recordStatus, sessionRecorder } from '../events/record-status.ts';
import { rememberDecisions } from '../derive/remember-decisions.ts';
import { createLastPlatform, type LastPlatform } from '../platform/last-platform.ts';
import { createGuard, type Guard } from '../guard/guard.ts';
import { guardRefusal, isSettled } from '../guard/when-settled.ts';
import { expectingOf } from '../sessions/expecting.ts';
import { createExchange } from '../fleet/create-exchange.ts';
import { createWithoutReport } from '../fleet/without-report.ts';
import { createFleetStatus } from '../fleet/fleet-status.ts';
import { createPathWatch, type PathWatch } from '../sessions/watch-paths.ts';
import { createSessionsObserver, type SessionsObserver } from '../sessions/observe-sessions.ts';
import { createSettingsNow, type SettingsNow } from '../state/settings-now.ts';
import { createProven, type Proven } from '../state/found-in-force.ts';
import { createRecords, type Records } from '../state/records.ts';
import { createCurrentStatus, type CurrentStatus } from '../status/current-status.ts';
import { createSignals, type Signals } from '../status/signals.ts';
import type { FleetExchange } from '../../ports/fleet.ts';
import { rolesOf, type AgentDeps } from './agent-deps.ts';

export interface Knowledge {
  readonly settings: SettingsNow;
  readonly claim: () => Promise<void>;
  readonly records: Records;
  readonly proven: Proven;
  readonly facts: NodeFactsStore;
  readonly addresses: AddressBook;
  readonly decider: Decider;
  readonly reading: () => ReadingSettings;
  readonly cache: DerivedCache;
  readonly derivedOf: DerivedOf;
  /** The accepted revision as derived for this node, once it is known. */
  readonly derived: () => Derived | undefined;
  readonly writer: ClusterWriter;
  readonly events: Signals;
  /** The events for people; `events` above are for the parts of this program. */
  readonly eventLog: RunningEventLog;
  readonly counters: Counters;
  readonly health: AdapterHealth;
  readonly status: CurrentStatus;
  readonly sessions: SessionsObserver;
  /** This node, compared with its state before a change. */
  readonly observer: NodeObserver;
  /** Absent: this agent has no BGP routes to guard. */
  readonly guard?: Guard;
  readonly confirmView: ConfirmView;
  /** This node's own judgement of a change that is in force, for the other nodes. */
  readonly proof: OwnProof;
  /** The sessions that a revision without the cluster-wide resources leaves as they are. */
  readonly heldPeers: HeldPeers;
  /** Absent: there is no exchange with other agents. */
  readonly exchange: FleetExchange | undefined;
  /** This node's platform as the agent saw it last, and its files as a target of plans. */
  readonly platform: LastPlatform;
  /** Loads a revision like the store, and notifies the listeners when its text is lost. */
  readonly loadRevision: RevisionStore['load'];
}

export function createKnowledge(
  deps: AgentDeps,
  counters: Counters,
  health: AdapterHealth,
): Knowledge {
  const { connection, store, journal, clock, logger } = deps;
  const { claim = () => Promise.resolve() } = deps;
  const settings = createSettingsNow(deps.settings);
  const records = createRecords({ store, journal, clock, claim });
  const { state } = records;
  const facts = createNodeFactsStore(
    deps.factsSource,
    deps.settings.node.name ?? deps.fallbackName,
    () => connection.datastore.reachesCluster,
  );
  const addresses = createAddressBook({ state, clock, logger });
  const decider = rememberDecisions(deps.decider);
  const reading = (): ReadingSettings => ({
    unitApplication: settings.current().unitApplication,
    roles: rolesOf(deps),
  });
  const events = createSignals(logger);
  const eventLog = createEventLog({
    clock,
    logger,
    recorded: counters.event,
    ...(deps.eventStore !== undefined && { store: deps.eventStore }),
  });
  const loadRevision: RevisionStore['load'] = async (revision) => {
    const found = await store.load(revision);
    if (found === undefined) events.emit({ type: 'text-lost', revision });
    return found;
  };
  const cache = createDerivedCache({ store: { load: loadRevision }, decider, reading });
  const derived = (): Derived | undefined => {
    const { accepted } = state.current();
    return accepted === undefined ? undefined : cache.current(accepted);
  };
  const lease = connection.writerLease;
  const writer = createClusterWriter({ lease, state, facts: facts.current, logger });
  const confirmView = createConfirmView();
  const withoutReport = createWithoutReport(state, logger);
  const exchange = createExchange(connection.fleet, { clock, logger, health, withoutReport });
  const platform = createLastPlatform(deps, () => status.refresh());
  const heldPeers = createHeldPeers();
  const ofStatus = { settings, records, facts, derived, confirmView, platform };
  const known = { ...ofStatus, health, writer, exchange, heldPeers };
  const status: CurrentStatus = createStatus(deps, events, known);
  followStatus(status, { ...known, eventLog, events, counters });
  const paths = createPaths(deps, { records, facts, cache });
  const sessions = createSessions(deps, { ...known, paths }, status, eventLog);
  return {
    ...known,
    claim,
    addresses,
    decider,
    reading,
    cache,
    events,
    eventLog,
    counters,
    status,
    loadRevision,
    sessions,
    observer: createObserver(deps, { sessions, exchange, paths }),
    ...guardOf(deps, { ...known, paths }, status),
    proof: createOwnProof(clock),
    proven: createProven(),
    derivedOf: (revision) => cache.of(revision, facts.current()),
  };
}

/** The status changes with these parts, and the log and the counters follow it. */
function followStatus(
  status: CurrentStatus,
  {
    writer,
    health,
    exchange,
    eventLog,
    events,
    counters,
  }: Pick<Knowledge, 'writer' | 'health' | 'exchange' | 'eventLog' | 'events' | 'counters'>,
): void {
  writer.onChange(status.refresh);
  health.onChange(status.refresh);
  exchange?.onChange(status.refresh);
  recordStatus(eventLog, events, status.read());
  events.subscribe((event) => {
    if (event.type === 'status') counters.atGate(event.status.state === 'awaiting-gate');
  });
}

/** Undefined: the routes are not available. */
function createPaths(
  { sessions, routes, clock, logger }: AgentDeps,
  { records, facts, cache }: Pick<Knowledge, 'records' | 'facts' | 'cache'>,
): PathWatch | undefined {
  if (sessions?.bgpRoutes === undefined) return undefined;
  return createPathWatch({
    routes: async (signal) => (await sessions.bgpRoutes?.(signal)) ?? [],
    kernelRoutes: routes && (() => routes.birdRoutes()),
    state: records.state.current,
    derivedOf: (revision) => cache.try(revision, facts.current()),
    clock,
    failed: (error) => logger.debug('cannot compare AS numbers', { reason: reasonOf(error) }),
  });
}

interface WithPaths {
  readonly paths: PathWatch | undefined;
}

function createSessions(
  { sessions, connection, clock, logger }: AgentDeps,
  {
    records,
    facts,
    derived,
    health,
    heldPeers,
    paths,
  }: Pick<Knowledge, 'records' | 'facts' | 'derived' | 'health' | 'heldPeers'> & WithPaths,
  status: CurrentStatus,
  eventLog: RunningEventLog,
): SessionsObserver {
  return createSessionsObserver({
    source: sessions ?? { observe: () => Promise.resolve([]) },
    expecting: () =>
      expectingOf({
        derived: expectedOf(derived(), heldPeers),
        facts: facts.current(),
        state: records.state.current(),
        reachesCluster: connection.datastore.reachesCluster,
        byOthers: status.activity().byOthers,
      }),
    clock,
    changed: status.showSessions,
    observed: sessionRecorder(eventLog),
    failed: (reason) => logger.warn('cannot read the BGP sessions; trying again', { reason }),
    health,
    ...(paths !== undefined && { paths }),
  });
}

function expectedOf(derived: Derived | undefined, held: HeldPeers): Derived | undefined {
  return derived && held.expected(derived);
}

function createObserver(
  { connection, routes, controllerState, clock }: AgentDeps,
  { sessions, exchange, paths }: Pick<Knowledge, 'sessions' | 'exchange'> & WithPaths,
): NodeObserver {
  const { datastore } = connection;
  const awayNodes = (): readonly string[] => exchange?.summary()?.away?.first ?? [];
  const keepRoutes = paths?.keep;
  return createNodeObserver({
    sessions,
    routes,
    keepRoutes,
    datastore,
    controllerState,
    awayNodes,
    clock,
  });
}

function guardOf(
  deps: AgentDeps,
  {
    records,
    settings,
    health,
    paths,
  }: Pick<Knowledge, 'records' | 'settings' | 'health'> & WithPaths,
  status: CurrentStatus,
): Pick<Knowledge, 'guard'> {
  const { guardRoutes, connection, clock, logger } = deps;
  if (guardRoutes === undefined) return {};
  const guard = createGuard({
    routes: guardRoutes,
    refusal: (revision) => guardRefusal(settings.current(), records.state.current(), revision),
    isSettled: () => isSettled(records),
    hasOddRoutes: () => paths?.odd() !== undefined,
    departed: async (destinations) =>
      departedDestinations(await connection.survey.survey(), destinations),
    clock,
    logger,
    health,
    changed: status.showGuard,
  });
  return { guard };
}

function createStatus(
  deps: AgentDeps,
  events: Signals,
  known: Pick<
    Knowledge,
    | 'settings'
    | 'records'
    | 'facts'
    | 'derived'
    | 'writer'
    | 'confirmView'
    | 'exchange'
    | 'health'
    | 'platform'
  >,
): CurrentStatus {
  const { agentVersion, clock, connection, controllerState, certificate, problems } = deps;
  const roles = [...rolesOf(deps)];
  const { settings, records, facts, derived, writer, confirmView, exchange } = known;
  const fleet = exchange && createFleetStatus(exchange);
  const { state } = records;
  const { list } = problems ?? createStorageProblems();
  return createCurrentStatus({
    events,
    fixed: {
      agentVersion,
      startedAt: clock.now(),
      datastore: connection.datastore,
      ...(roles.join() !== 'node' && { roles }),
    },
    inputs: () => ({
      state: state.current(),
      facts: facts.current(),
      issues: facts.issues(),
      derived: derived(),
      source: settings.current().source ?? state.current().takenBy,
      controller: controllerState(),
      certificate: certificate?.(),
      writerStatus: writer.status(),
      confirming: confirmView.read(),
      isStateKnown: state.isKnown(),
      problems: list(),
      restartNeeded: settings.restartNeeded(),
      fleet: fleet?.(),
      degraded: known.health.degraded(),
      platform: known.platform.current(),
    }),
  });
}
