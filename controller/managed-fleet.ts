/** The fleet with its store. */
import { controllerLineage } from '../core/protocol/messages.ts';
import { AppError } from '../runtime/errors.ts';
import type { StateLock } from '../runtime/files/state-lock.ts';
import type { Logger } from '../runtime/log/logger.ts';
import {
  controllerLimits,
  programBeside,
  usualConfinement,
} from '../runtime/confined/usual-confinement.ts';
import { createConfinedChecker } from './adapters/config-checker/confined-checker.ts';
import type { OpenHost } from './adapters/embedded-store/database-host.ts';
import { createApiTokens, type ApiTokens } from './app/access/api-tokens.ts';
import { createOpenSnapshots, type OpenSnapshots } from './app/backup/open-snapshots.ts';
import { createFleet } from './app/fleet/create-fleet.ts';
import type { Fleet } from './app/fleet/fleet.ts';
import { createAnswerKeeper, type AnswerKeeper } from './app/fleet/keep-answers.ts';
import { openFleet } from './app/fleet/open-fleet.ts';
import { createProposalRecords, type ProposalRecords } from './app/proposals/proposal-records.ts';
import { createRevocations, type Revocations } from './app/identity/revocations.ts';
import { createNodeKeeper } from './app/fleet/keep-nodes.ts';
import type { NodeStore } from './app/nodes/node-store.ts';
import {
  createControllerCounters,
  type ControllerCounters,
} from './app/metrics/controller-counters.ts';
import { measuredStore } from './app/metrics/measured-store.ts';
import { createRollouts, type Rollouts } from './app/rollout/rollouts.ts';
import { createSeenNotes, type SeenNotes } from './app/seen/note-seen.ts';
import {
  createFleetStore,
  otherOwner,
  type FleetStore,
  type StoredFleetState,
} from './app/store/fleet-store.ts';
import { createKnownStore, type KnownStore } from './app/store/known-store.ts';
import { leadFleet, type FleetLead } from './app/store/lead-fleet.ts';
import type { ConfigChecker } from './ports/config-checker.ts';
import type { Store } from './ports/store.ts';
import type { ApiAddress, ControllerSettings, ControllerTiming } from './settings.ts';
import { ownNotice } from './relay.ts';
import { openEmbedded, openEtcd, storeNoteOf } from './stores.ts';

const deciderProgram = programBeside('calico-controller-decider.js', 'controller/decider.ts');

export interface FleetSettings extends Pick<
  ControllerSettings,
  'cluster' | 'stateDirectory' | 'etcd' | 'listen' | 'advertise'
> {
  readonly lock: StateLock;
  readonly openHost: OpenHost;
  readonly api?: ApiAddress;
}

export interface ManagedFleet {
  readonly fleet: Fleet;
  readonly checker: ConfigChecker;
  readonly store: FleetStore;
  readonly nodeStore: NodeStore;
  readonly answers: AnswerKeeper;
  readonly seen: SeenNotes;
  readonly snapshots: OpenSnapshots;
  readonly revocations: Revocations;
  readonly tokens: ApiTokens;
  readonly rollouts: Rollouts;
  readonly proposalRecords: ProposalRecords;
  /** The store; it refuses writes while another controller leads. */
  readonly records: Store;
  readonly counters: ControllerCounters;
  readonly startedAt: string;
  /** The leadership, if several controllers share the store. */
  readonly lead?: FleetLead;
  /** When agents may connect, if several controllers share the store; undefined: at once. */
  readonly mayServe?: Promise<void>;
  /** Resolves with the reason when this controller may not go on. */
  readonly lost: Promise<string>;
  /** Ends the checker, and reads no stored state any more. */
  readonly close: () => Promise<void>;
  readonly closeStore: () => Promise<void>;
}

/**
 * Opens the fleet with its store. @throws AppError where the store belongs to another cluster, or
 * its settings are wrong
 */
export async function beginManagedFleet(
  settings: FleetSettings,
  timing: KeepTiming,
  logger: Logger,
): Promise<BegunFleet> {
  const { cluster, lock } = settings;
  const checker = createConfinedChecker(usualConfinement(deciderProgram, controllerLimits, logger));
  const digestOfText = (text: string): Promise<string | undefined> =>
    checker.digest(text, { isUrgent: true });
  const opened = await openStore({ ...settings, digestOfText }, logger).catch((error: unknown) => {
    checker.close();
    throw error;
  });
  return beginFleet({ ...opened, cluster, checker, claim: () => lock.claim() }, timing, logger);
}

/** A fleet whose store is being read for the first time. */
export interface BegunFleet {
  readonly managed: ManagedFleet;
  /**
   * Resolves after the first attempt; a store that cannot be read now is tried again. Rejects where it belongs
   * to another cluster, or its settings are wrong; the caller closes the fleet then.
   */
  readonly loaded: Promise<void>;
}

type KeepTiming = Pick<ControllerTiming, 'keepMs' | 'answersMs'>;

export interface FleetParts extends OpenedStore {
  readonly cluster: string;
  readonly checker: ConfigChecker;
  /** Locks the state directory. @throws AppError while its disk does not allow it */
  readonly claim: () => Promise<void>;
}

/** As beginManagedFleet, over a store that is open already; resolves after the first attempt to read it. */
export async function manageFleet(
  parts: FleetParts,
  timing: KeepTiming,
  logger: Logger,
): Promise<ManagedFleet> {
  const { managed, loaded } = beginFleet(parts, timing, logger);
  try {
    await loaded;
  } catch (error) {
    await managed.close();
    await managed.closeStore();
    throw error;
  }
  return managed;
}

function beginFleet(
  { cluster, checker, records: plainRecords, lead, known, claim: lock }: FleetParts,
  { keepMs, answersMs }: KeepTiming,
  logger: Logger,
): BegunFleet {
  const counters = createControllerCounters();
  const records = measuredStore(plainRecords, counters, () => performance.now());
  const digestOfText = (text: string): Promise<string | undefined> =>
    checker.digest(text, { isUrgent: true });
  const store = createFleetStore({ store: records, cluster, logger, digestOfText, known });
  const nodeKeeping = { fleet: () => fleet, store, delayMs: keepMs, logger };
  const nodeStore = createNodeKeeper(nodeKeeping);
  // An answer of a node that is not on disk would be of no use after a restart.
  const saveAnswers: FleetStore['saveAnswers'] = async (given) => {
    await nodeStore.settled();
    await store.saveAnswers(given);
  };
  const keeping = { fleet: () => fleet, store: { saveAnswers }, delayMs: answersMs, logger };
  const answers = createAnswerKeeper(keeping);
  const connectedFrom = (node: string): number | undefined => fleet.connectedFrom(node);
  const revocations = createRevocations({ store: records, cluster, now: Date.now, connectedFrom });
  const kept = { onKept: nodeStore.changed, onAnswer: answers.answered, revocations };
  const lineage = controllerLineage(cluster);
  const fleet = createFleet(undefined, { lineage, logger, now, ...kept });
  const snapshots = createOpenSnapshots(records);
  const claim = async (): Promise<void> => {
    await lock();
    await lead?.claim();
  };
  const standby = lead && standbyOf(lead, known);
  const tokens = createApiTokens({ store: records, cluster, now: Date.now, logger });
  const proposalRecords = createProposalRecords(records, cluster, logger);
  const seen = createSeenNotes({ store: records, cluster, fleet, nodeStore, logger });
  const load = async (): Promise<StoredFleetState> => {
    const state = await store.load();
    for (const one of [revocations, tokens, proposalRecords]) await one.load();
    return { ...state, nodes: await seen.date(state.nodes) };
  };
  const rollouts = createRollouts({
    ...{ cluster, fleet, store, now, logger },
    answersKept: answers.kept,
    nodesKept: nodeStore.settled,
    elapsedMs: () => performance.now(),
  });
  const restored: Pick<Fleet, 'restore' | 'unknownBecause'> = {
    restore: (state) => {
      fleet.restore(state);
      rollouts.restore(state.rollout);
    },
    unknownBecause: fleet.unknownBecause,
  };
  const loading = {
    standby,
    watchStandby: lead?.watchRecord,
    claim,
    store: { load },
    fleet: restored,
  };
  const opening = openFleet({ ...loading, random: Math.random, logger });
  const close = async (): Promise<void> => {
    checker.close();
    await Promise.all([opening.stop(), rollouts.stop()]);
  };
  const readFirst = async (): Promise<void> => {
    const failure = (await opening.first()) ?? (await otherStore(records, lead, cluster));
    // The store of another cluster is a wrong setting; other faults may be mended later.
    if (failure instanceof AppError && failure.code === 'invalid-settings') throw failure;
  };
  const loaded = readFirst();
  // It may fail before the caller waits for it.
  loaded.catch(() => undefined);
  const managed: ManagedFleet = {
    ...{ counters, tokens, proposalRecords, snapshots, revocations, rollouts, records },
    ...{ fleet, checker, store, nodeStore, answers, seen, startedAt: now(), close },
    ...(lead !== undefined && { lead, mayServe: opening.opened }),
    lost: lostText(lead),
    closeStore: async () => {
      await snapshots.closeAll().catch(() => undefined);
      await records.close();
    },
  };
  return { managed, loaded };
}

/** A standby has read nothing yet: its agents must not be passed on to the leader of another cluster. */
async function otherStore(
  records: Store,
  lead: FleetLead | undefined,
  cluster: string,
): Promise<AppError | undefined> {
  return lead?.leader() === undefined ? undefined : otherOwner(records, cluster);
}

export interface OpenedStore {
  readonly records: Store;
  /** Absent: no other controller can use the store. */
  readonly lead?: FleetLead;
  readonly known?: KnownStore;
}

async function openStore(
  settings: FleetSettings & {
    readonly digestOfText: (text: string) => Promise<string | undefined>;
  },
  logger: Logger,
): Promise<OpenedStore> {
  const { etcd, cluster } = settings;
  if (etcd === undefined) return { records: openEmbedded(settings, logger) };
  const lead = leadFleet(await openEtcd(etcd, cluster), ownNotice(settings));
  const note = storeNoteOf(settings.stateDirectory);
  const known = createKnownStore({ store: lead.store, cluster, note, logger });
  return { records: lead.store, lead, known };
}

/** The leader may be gone with the whole store: the one that takes over has to know that there was one. */
function standbyOf({ standby }: FleetLead, known: KnownStore | undefined): FleetLead['standby'] {
  return async () => {
    const reason = await standby();
    if (reason !== undefined) await known?.rememberAsStandby();
    return reason;
  };
}

async function lostText(lead: FleetLead | undefined): Promise<string> {
  await (lead === undefined ? new Promise(() => undefined) : lead.lost);
  return 'this controller does not lead the cluster any more: it ends, and another one goes on';
}

function now(): string {
  return new Date().toISOString();
}
