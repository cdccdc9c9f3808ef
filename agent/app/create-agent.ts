/** Builds the agent of its parts. Everything outside comes in through the ports. */
import { isDeepStrictEqual } from 'node:util';
import type { ReadingSettings, Derived } from '../../core/deciding/question.ts';
import type { NodeFacts } from '../../core/facts/facts.ts';
import type { Revision, RevisionRef, SourceKind } from '../../core/revision/revision.ts';
import { AppError, reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import { createOpening } from '../../runtime/files/opening.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';
import type { ConnectedDatastore } from '../ports/connected-datastore.ts';
import type { Clock } from '../ports/clock.ts';
import type { Decider } from '../ports/decider.ts';
import type { FactsSource } from '../ports/facts-source.ts';
import type { Journal } from '../ports/journal.ts';
import type { LxdHost } from '../ports/lxd-host.ts';
import type { RevisionStore } from '../ports/revision-store.ts';
import type { SessionsSource } from '../ports/sessions.ts';
import { createStorageProblems, type StorageProblems } from '../ports/storage-problems.ts';
import { createAddressBook } from './addresses/address-keeper.ts';
import { explainMissingNode } from './addresses/explain-missing-node.ts';
import { followHost } from './addresses/follow-host.ts';
import { createNodeAddresses } from './addresses/node-addresses.ts';
import { acceptOffer } from './offer/accept-offer.ts';
import type { Agent, Offer, OfferOutcome } from './agent.ts';
import { createClusterOperations } from './operations/cluster-operations.ts';
import { createEvents } from './status/events.ts';
import { createNodeFactsStore } from './derive/node-facts.ts';
import { createFollowing } from './reconcile/follow-datastore.ts';
import { previousProjects } from './lxd/previous-projects.ts';
import { createLxdOperations } from './lxd/lxd-operations.ts';
import { createGateReaders, createGates } from './apply/gates.ts';
import type { Targets } from './apply/targets.ts';
import { readWriterRecord } from './apply/read-writer-record.ts';
import { createLoop } from './reconcile/loop.ts';
import { createPreview } from './offer/preview.ts';
import { rememberDecisions } from './derive/remember-decisions.ts';
import { reReadMs } from './reconcile/re-read-time.ts';
import { createProven } from './state/proven.ts';
import { createReconcile } from './reconcile/pass.ts';
import type { ReconcileDeps } from './reconcile/reconcile-deps.ts';
import { rememberSeen } from './lxd/remember-observed.ts';
import { waitForRevision } from './status/wait-for-revision.ts';
import { createClusterWriter } from './apply/cluster-writer.ts';
import {
  createStaleNodeRemoval,
  type StaleNodesSettings,
} from './operations/stale-node-removal.ts';
import { revisionsInUse } from './state/state-changes.ts';
import { createStateStore, type AgentState, type Decision } from './state/agent-state.ts';
import { rebuildState } from './state/rebuild-state.ts';
import { createStatusBoard, type Activity } from './status/status-board.ts';
import { summarizeRevisions } from './state/history.ts';
import { expectingOf } from './sessions/expecting.ts';
import { createSessionsObserver } from './sessions/observe-sessions.ts';
import { createDerivedCache } from './derive/desired-cache.ts';
import { revisionText } from '../../core/revision/revision-text.ts';

export interface AgentSettings {
  readonly node: NodeFactsInput;
  readonly unitApplication?: string;
  readonly source?: SourceKind;
  /** How long another address of the machine must stay before it counts. Default: 60. */
  readonly addressSettleSeconds?: number;
  readonly reconcileSeconds: number;
  /** Default: correct. */
  readonly driftPolicy?: 'correct' | 'report';
  /** Default: report. */
  readonly staleNodes?: StaleNodesSettings;
}

export interface AgentDeps {
  readonly settings: AgentSettings;
  readonly agentVersion: string;
  /** Until the facts are there. */
  readonly fallbackName: string;
  readonly connection: ConnectedDatastore;
  /** Its role is lxd-host. */
  readonly lxd?: LxdHost;
  /** All nodes there are, where something else than the datastore's cluster knows them. */
  readonly livingNodes?: () => Promise<readonly string[]>;
  readonly decider: Decider;
  readonly store: RevisionStore;
  readonly journal: Journal;
  readonly factsSource: FactsSource;
  /** How often this machine's addresses and units are looked at; absent: with each pass alone. */
  readonly readFactsMs?: number;
  /** Absent: nobody knows the BGP sessions of this machine. */
  readonly sessions?: SessionsSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly controllerState: () => AgentStatus['controller'];
  /** Takes the state directory for this process; until that succeeds nothing is written. @throws AppError */
  readonly claim?: () => Promise<void>;
  /** What the store and the journal found wrong on disk. */
  readonly problems?: StorageProblems;
}

export interface RunningAgent extends Agent {
  /** Reads which revision is in force. Where that fails the status says why; it is tried again. */
  load(): Promise<void>;
  /** Looks at the node, and starts the loop. */
  start(): Promise<void>;
  /** Finishes the step that runs. */
  stop(): Promise<void>;
  /**
   * New settings, and a look at everything.
   * @param restartNeeded settings that are others by now and count after a restart, for the status
   * @throws AppError; then the old ones stay
   */
  reconfigure(settings: AgentSettings, restartNeeded: readonly string[]): Promise<void>;
  /** The controller's connection changed. */
  refreshStatus(): void;
  /** Which of all passes and steps runs; undefined: none, the loop waits. */
  underWay(): number | undefined;
}

export function createAgent(deps: AgentDeps): RunningAgent {
  const { connection, store, journal, clock, logger } = deps;
  const { datastore } = connection;
  let { settings } = deps;
  let stopping = false;
  let stopLooking = (): void => undefined;
  let restartNeeded: readonly string[] = [];
  const events = createEvents(logger);
  const { claim = () => Promise.resolve(), problems = createStorageProblems() } = deps;
  const state = createStateStore({
    store,
    claim,
    rebuild: async (aside) => {
      const remains = { revisions: await store.list(), history: await journal.summaries() };
      return rebuildState(remains, clock.now(), whyLost(aside));
    },
  });
  const proven = createProven();
  const facts = createNodeFactsStore(deps.factsSource, settings.node.name ?? deps.fallbackName);
  const reading = (): ReadingSettings => ({
    unitApplication: settings.unitApplication,
    role: deps.lxd === undefined ? 'node' : 'lxd-host',
  });
  const decider = rememberDecisions(deps.decider);
  const loadRevision = async (revision: RevisionRef): Promise<Revision | undefined> => {
    const found = await store.load(revision);
    if (found === undefined) events.emit({ type: 'text-lost', revision });
    return found;
  };
  const derivedCache = createDerivedCache({ store: { load: loadRevision }, decider, reading });
  const remembered = deps.lxd && rememberSeen(deps.lxd);
  const lxd = remembered?.lxd;
  const writer = createClusterWriter({
    lease: connection.writerLease,
    state,
    facts: facts.current,
    logger,
    changed: () => refreshStatus(),
  });
  let correctOnce = false;
  let lookedOnce = (): void => undefined;
  const looked = new Promise<void>((resolve) => {
    lookedOnce = resolve;
  });
  // Until the first pass said what is so: who waits for this agent waits on.
  let activity: Activity = { state: 'recovering', message: 'starting' };
  let ended = 0;

  const acceptedWanted = (): Derived | undefined => {
    const { accepted } = state.current();
    return accepted === undefined ? undefined : derivedCache.current(accepted);
  };
  const board = createStatusBoard({
    agentVersion: deps.agentVersion,
    startedAt: clock.now(),
    datastore,
    ...(lxd !== undefined && { role: 'lxd-host' }),
  });
  const status = (): AgentStatus =>
    board.read(activity, {
      state: state.current(),
      facts: facts.current(),
      issues: facts.issues(),
      derived: acceptedWanted(),
      source: settings.source ?? state.current().takenBy,
      controller: deps.controllerState(),
      writerStatus: writer.status(),
      isStateKnown: state.isKnown(),
      problems: problems.list(),
      restartNeeded,
      sessions: sessions.count(),
    });
  const sessions = createSessionsObserver({
    source: deps.sessions ?? { observe: () => Promise.resolve([]) },
    expecting: () =>
      expectingOf({
        derived: acceptedWanted(),
        facts: facts.current(),
        state: state.current(),
        reachesCluster: datastore.reachesCluster,
        byOthers: activity.byOthers,
      }),
    clock,
    changed: () => refreshStatus(),
  });
  const refreshStatus = (): void => events.emit({ type: 'status', status: status() });
  const show = (next: Activity): void => {
    activity = next;
    refreshStatus();
  };
  const wantedOf = (revision: RevisionRef): Promise<Derived> =>
    derivedCache.of(revision, facts.current());
  const addresses = createAddressBook({ state, clock, logger });
  const nodeAddresses = createNodeAddresses({
    addresses,
    isNode: deps.lxd === undefined,
    survey: connection.survey,
    clock,
    tryFacts: async (other) => {
      const { accepted } = state.current();
      return accepted && (await derivedCache.try(accepted, other)).resolution;
    },
  });
  const refreshFacts = (
    next: AgentSettings,
    { pushed = state.current().facts ?? {}, asksCalico = true } = {},
  ): Promise<boolean> => {
    if (((next.node.addresses ?? pushed.addresses)?.length ?? 0) > 0) addresses.configured();
    const settleMs = (next.addressSettleSeconds ?? 60) * 1000;
    return facts.refresh({
      configured: next.node,
      pushed,
      addressesOf: (detected, factsWith) =>
        nodeAddresses({ detected, factsWith, settleMs, asksCalico }),
    });
  };

  /** Damaged ones must not keep the agent from starting; the next hook pushes them again. */
  const forgetPushedFacts = async (error: unknown): Promise<void> => {
    if (state.current().facts === undefined) throw error;
    await refreshFacts(settings, { pushed: {}, asksCalico: false });
    logger.warn('the pushed facts are passed over', { reason: reasonOf(error) });
  };
  const former = (): Promise<readonly string[]> =>
    previousProjects({ state, journal, derivedOf: wantedOf });
  const whyMissing = (): Promise<string> => explainMissingNode(connection.survey, facts.current());
  const targets: Targets = { calico: datastore, ...(lxd !== undefined && { lxd }) };
  const planning = {
    decider,
    targets,
    ...(lxd !== undefined && { previousProjects: former }),
  };
  const reconcileDeps: ReconcileDeps = {
    ...planning,
    writer,
    gates: createGates(createGateReaders(targets), clock),
    journal,
    state,
    clock,
    logger,
    facts: facts.current,
    ...(deps.lxd === undefined && { addressDoubt: addresses.doubt }),
    explainMissingNode: whyMissing,
    derivedOf: wantedOf,
    // Inside a pass, between its steps.
    show: (next) => {
      ended += 1;
      show(next);
    },
    emit: events.emit,
    proven,
    reconcileMs: () =>
      reReadMs(settings.reconcileSeconds * 1000, following.isWatching(), clock.random()),
    driftPolicy: () =>
      state.current().onlyReportsDrift === true ? 'report' : (settings.driftPolicy ?? 'correct'),
    correction: {
      isAsked: () => correctOnce,
      done: () => {
        correctOnce = false;
      },
    },
    isStopping: () => stopping,
    remark: () => hostCare?.remark() ?? '',
  };
  const reconcile = createReconcile(reconcileDeps);
  const opening = createOpening({
    open: async () => {
      await state.load();
      await claim();
    },
    random: clock.random,
    logger,
    failed: ({ reason, needsPerson }) => {
      const message = `${reason}; nothing is changed, and what is in force stays; it is tried again`;
      show({ state: 'failed', message, ...(needsPerson && { needsPerson }) });
    },
  });
  const pass = async (): Promise<number | undefined> => {
    ended += 1;
    const closedMs = await opening.attempt();
    if (closedMs !== undefined) {
      lookedOnce();
      return closedMs;
    }
    // A node's addresses may change while it runs. What cannot be seen now was seen before.
    await refreshFacts(settings).catch((error: unknown) => logger.warn(reasonOf(error)));
    await following.follow(facts.current().name);
    const delayMs = await reconcile();
    lookedOnce();
    return hostCare === undefined ? delayMs : hostCare.afterPass(delayMs);
  };
  const loop = createLoop(clock, pass);
  const following = createFollowing(datastore, {
    clock,
    logger,
    wake: loop.wake,
    recordMatters: () => activity.state === 'awaiting-writer' || activity.state === 'held',
    readRecord: writer.read,
  });
  const hostCare =
    remembered && createLxdOperations({ ...remembered, reconcile: reconcileDeps, loop });
  const care = createClusterOperations({
    connection,
    decider,
    reconcile: reconcileDeps,
    loop,
    ...(deps.livingNodes !== undefined && { livingNodes: deps.livingNodes }),
    correctOnce: () => {
      correctOnce = true;
    },
    lastPass: () => activity.message,
  });

  const staleNodeRemoval = createStaleNodeRemoval(
    { ...care, facts: facts.current, hasOwnNodes: () => datastore.driver === 'etcd' },
    { clock, logger },
  );
  const followStaleNodes = (): void =>
    staleNodeRemoval.follow(settings.staleNodes ?? { policy: 'report', afterSeconds: 0 });

  // Too many old revisions hurt nobody: what was accepted stays accepted.
  const prune = (): Promise<void> =>
    store
      .prune(revisionsInUse(state.current()))
      .catch((error: unknown) => logger.warn(reasonOf(error)));

  const offer = async (offered: Offer): Promise<OfferOutcome> => {
    const { source: configuredSource } = settings;
    await state.load();
    await claim();
    await readWriterRecord(writer, clock, logger);
    const acceptance = {
      store,
      state,
      facts,
      derivedCache,
      clock,
      configuredSource,
      decider,
      reading: reading(),
      proven,
      writtenRevision: writer.status().record?.revision,
    };
    const outcome = await acceptOffer(acceptance, offered);
    if (outcome.result === 'refused') {
      logger.warn(outcome.message, { by: offered.by, code: outcome.code });
      return outcome;
    }
    const { lineage, number } = outcome.revision;
    logger.info(`configuration ${outcome.result}`, { lineage, number, by: offered.by });
    if (outcome.result === 'accepted') {
      events.emit({ type: 'stage', revision: outcome.revision, stage: 'accepted' });
      show({
        state: 'applying',
        message: `revision ${revisionText({ lineage, number })} is accepted`,
      });
      await prune();
    }
    loop.wake();
    return outcome;
  };

  const preview = createPreview({
    ...planning,
    facts: facts.current,
    accepted: () => state.current().accepted,
    derivedOf: wantedOf,
    reading,
    explainMissingNode: whyMissing,
  });

  const putFacts = async (input: NodeFactsInput): Promise<NodeFacts> => {
    // Hooks say the same again and again; what is on disk already needs no second time.
    if (isDeepStrictEqual(state.current().facts, input)) return facts.current();
    // What agent.yaml hides today may count tomorrow.
    await facts.judge(input);
    await refreshFacts(settings, { pushed: input, asksCalico: false });
    const kept = (current: AgentState): Decision<void> => ({
      state: { ...current, facts: input },
      result: undefined,
    });
    await state.change(kept).catch(async (error: unknown) => {
      // What is not on disk must not count either.
      await refreshFacts(settings, { asksCalico: false });
      throw error;
    });
    loop.wake();
    return facts.current();
  };

  const putBoundAddresses = async (bound: readonly string[]): Promise<void> => {
    if (isDeepStrictEqual(state.current().boundAddresses, bound)) return;
    await state.change((current) => ({
      state: { ...current, boundAddresses: [...bound] },
      result: undefined,
    }));
    await refreshFacts(settings, { asksCalico: true });
    loop.wake();
  };

  // On disk: after a start the loop runs before anybody can say so again.
  const onlyReportDrift = async (only: boolean): Promise<void> => {
    if ((state.current().onlyReportsDrift ?? false) === only) return;
    await state.change((current) => ({
      state: { ...current, onlyReportsDrift: only },
      result: undefined,
    }));
    loop.wake();
  };

  return {
    status,
    facts: facts.current,
    firstPass: () => looked,
    pushedFacts: () => state.current().facts ?? {},
    readFacts: decider.facts,
    putFacts,
    putBoundAddresses,
    onlyReportDrift,
    offer,
    waitForRevision: (revision, signal) =>
      waitForRevision(revision, state.current, proven, events, signal),
    ...preview,
    ...care,
    lxd: async () => {
      if (hostCare === undefined) throw notHost();
      return hostCare.report();
    },
    restartContainers: async (names, signal) => {
      if (hostCare === undefined) throw notHost();
      return hostCare.restart(names, signal);
    },
    revisions: () => summarizeRevisions(store, journal, state.current()),
    acceptedRevision: async () => {
      const { accepted } = state.current();
      return accepted === undefined ? undefined : loadRevision(accepted);
    },
    derived: acceptedWanted,
    sessions: sessions.read,
    subscribe: events.subscribe,
    load: async () => {
      await opening.attempt();
    },
    start: async () => {
      await opening.attempt();
      // The datastore may not answer for long, and who asks for the status has an answer before.
      await refreshFacts(settings, { asksCalico: false }).catch(forgetPushedFacts);
      loop.wake();
      followStaleNodes();
      if (deps.sessions !== undefined) sessions.follow();
      const everyMs = deps.readFactsMs;
      if (everyMs !== undefined) {
        stopLooking = followHost(deps.factsSource, { clock, everyMs, wake: loop.wake });
      }
    },
    stop: async () => {
      stopping = true;
      stopLooking();
      sessions.stop();
      staleNodeRemoval.stop();
      await following.stop();
      // What it still decides for a pass that runs is not waited for.
      await decider.close();
      await loop.stop();
      await writer.done();
      await datastore.close();
    },
    reconfigure: async (next, waiting) => {
      await refreshFacts(next);
      if (next.unitApplication !== settings.unitApplication) derivedCache.clear();
      settings = next;
      restartNeeded = waiting;
      refreshStatus();
      loop.wake();
      followStaleNodes();
    },
    refreshStatus,
    underWay: () => (loop.isRunning() ? ended : undefined),
  };
}

function whyLost(aside: string | undefined): string {
  return aside === undefined
    ? 'the file state.json is missing, although there are revisions'
    : `the file state.json was damaged, and was set aside as "${aside}"`;
}

function notHost(): AppError {
  return new AppError('not-found', 'this agent looks after no LXD: its role is node (agent.yaml)');
}
