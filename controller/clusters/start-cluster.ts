/** Builds what serves one cluster: its store, its fleet, the address of its agents, and its routes. */
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import { createGate, type Gate } from '../../runtime/pacing/gate.ts';
import { createTurns } from '../../runtime/pacing/spread.ts';
import { within } from '../../runtime/pacing/within.ts';
import { createStateLock, type StateLock } from '../../runtime/files/state-lock.ts';
import { version } from '../../runtime/version.ts';
import type { OpenHost } from '../adapters/embedded-store/database-host.ts';
import { workingTree } from '../adapters/working-tree/working-tree.ts';
import type { ControllerIdentity } from '../api/routes.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import type { OwnCertificates } from '../app/metrics/own-certificate-metrics.ts';
import { forgetOldNodes } from '../app/fleet/forget-old-nodes.ts';
import { createAdmission, presentsToken } from '../channel/admission.ts';
import { createRefusedIdentities } from '../app/identity/refused-identities.ts';
import { createLinks, type Links, type LinkTroubles } from '../channel/agent-links.ts';
import { createAgentsDoor, type AgentsDoor } from '../channel/agents-door.ts';
import type { Certificate } from '../channel/agents-server.ts';
import { parseListenAddress, type ListenAddress } from '../channel/listen-address.ts';
import { agentsPortLimits } from '../channel/port-limits.ts';
import { tokenNodesAt } from '../app/nodes/kept-identity.ts';
import { beginManagedFleet, type BegunFleet, type ManagedFleet } from '../managed-fleet.ts';
import {
  createEnrolment,
  renewOwn,
  renewOwnHourly,
  requireAuthority,
  warnOfExposure,
  type RefusedAgents,
} from '../enrolment.ts';
import { openApi, type ClusterApi } from '../open-api.ts';
import type { SourceTree } from '../ports/source-tree.ts';
import { openRelay } from '../relay.ts';
import type { ApiAddress, ClusterSettings, ControllerTiming } from '../settings.ts';
import { createSecrets, readTls, secretFilesOf } from '../channel/secrets.ts';
import { loadTicketKeys } from '../channel/ticket-keys.ts';
import { watchFiles } from '../channel/watch-files.ts';
import { loadTokenCheck, type TokenCheck, type UseToken } from '../channel/token-check.ts';
import { failureLog, refusalLog } from '../channel/trouble-log.ts';
import { tellWait, type WaitDeps } from './tell-wait.ts';

/** A cluster that is served, with its part of the API. */
export interface RunningCluster extends Omit<ClusterApi, 'close'> {
  /** The address for agents, as `host:port`. */
  readonly listen: string;
  /** Resolves when agents may connect; another controller may lead until then. */
  readonly opened: Promise<void>;
  /** Resolves with the reason when this cluster cannot be served any more. */
  readonly ended: Promise<string>;
  readonly role: Fleet['role'];
  /** Reads the token and the certificate again; a bad file changes nothing. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** What a cluster needs of the process. */
export interface ClusterSurroundings {
  readonly timing: ControllerTiming;
  /** Where the embedded store works. */
  readonly openHost: OpenHost;
  /** Notes the token of this cluster. @throws AppError where another cluster has the same one */
  readonly useToken: UseToken;
  /** The controller serves other clusters too, so a certificate has to name its cluster. */
  readonly hasOthers: boolean;
  /** Where people reach the process; absent: at its socket only. */
  readonly api?: ApiAddress;
  /** The times of the certificate that people see; undefined: there is none. */
  readonly apiCertificate: () => OwnCertificates['api'];
  /** Called with what the start waits for, and with undefined when it waits no longer. */
  readonly waiting?: WaitDeps['waiting'];
}

/** Where agents have to present a certificate. */
const noToken: TokenCheck = () => false;
const stopMs = 2000;
/** How often the controller looks whether the files of its certificates and its token have changed. */
const filesMs = 30_000;
const hourMs = 3_600_000;
const usualSeenMs = 300_000;
const defaultForgetAfterDays = 30;
const mib = 1024 * 1024;
const doorLimits = {
  maxAgents: agentsPortLimits.maxAgents,
  maxAgentsPerAddress: agentsPortLimits.maxPerAddress,
  maxHalfBytes: 64 * mib,
};

/** Starts to serve a cluster. @throws AppError where the settings do not allow a safe start */
export async function startCluster(
  settings: ClusterSettings,
  { timing, openHost, useToken, hasOthers, api, apiCertificate, waiting }: ClusterSurroundings,
  logger: Logger,
): Promise<RunningCluster> {
  const { plaintextBeyondLoopback } = settings;
  await requireAuthority(settings);
  await renewOwn(settings.authority, logger);
  await warnOfExposure(settings, logger);
  const tls = settings.tls === undefined ? undefined : await readTls(settings.tls, logger);
  const policy = { tls: tls !== undefined, plaintextBeyondLoopback };
  const address = parseListenAddress(settings.listen, policy);
  const { tokenFile } = settings;
  const loadToken = (file: string): Promise<TokenCheck> => loadTokenCheck(file, logger, useToken);
  const mayEnter = tokenFile === undefined ? noToken : await loadToken(tokenFile);
  const { stateDirectory, source, cluster } = settings;
  const tree = source === undefined ? undefined : workingTree({ ...source, cluster });
  const lock = await createStateLock({ stateDirectory, writtenFolders: [], logger });
  const { tls: tlsFiles, ...rest } = settings;
  const secured = tls === undefined || tlsFiles === undefined ? {} : { tls, tlsFiles };
  try {
    const prepared = {
      ...rest,
      ...secured,
      ...(tree !== undefined && { tree }),
      hasOthers,
      ...(api && { api }),
    };
    const parts = { address, mayEnter, loadToken, lock, openHost, apiCertificate, waiting };
    return await startLocked({ ...prepared, ...parts }, timing, logger);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Prepared extends Omit<ClusterSettings, 'tls'> {
  readonly address: ListenAddress;
  readonly mayEnter: TokenCheck;
  readonly loadToken: (file: string) => Promise<TokenCheck>;
  readonly hasOthers: boolean;
  readonly api?: ApiAddress;
  readonly tls?: Certificate;
  readonly tlsFiles?: NonNullable<ClusterSettings['tls']>;
  /** Where the configuration comes from, if the controller follows a file. */
  readonly tree?: SourceTree;
  readonly lock: StateLock;
  readonly openHost: OpenHost;
  readonly apiCertificate: ClusterSurroundings['apiCertificate'];
  readonly waiting: ClusterSurroundings['waiting'];
}

async function startLocked(
  settings: Prepared,
  timing: ControllerTiming,
  logger: Logger,
): Promise<RunningCluster> {
  const { address, cluster, lock, stateDirectory, tls, hasOthers: mustNameCluster } = settings;
  const secrets = createSecrets(settings, logger);
  const begun = await beginManagedFleet(settings, timing, logger);
  const { managed } = begun;
  const { fleet, checker, nodeStore, answers, store, lead } = managed;
  const troubles = troublesOf(fleet, logger);
  const { refused } = troubles;
  const turns = createTurns();
  const gate = createGate(turns);
  const { revocations, rollouts, tokens, proposalRecords, counters } = managed;
  const linkSettings = { ...timing, cluster, revoked: revocations, leads: lead?.leads };
  const links = createLinks(fleet, linkSettings, troubles, turns);
  revocations.watch(links.endRevoked);
  const served = { cluster, mustNameCluster };
  const judging = { ...served, mayEnter: secrets.mayEnter, isRevoked: revocations.isRevoked };
  const enrolment = createEnrolment({ ...settings, ...served }, managed, troubles, logger);
  const door = createAgentsDoor({
    address,
    ...(tls === undefined ? {} : { tls, ticketKeys: await loadTicketKeys(stateDirectory, logger) }),
    turns,
    gate,
    isAwaited: presentsToken(judging),
    admit: createAdmission({ ...enrolment, ...judging, now: Date.now }),
    requests: enrolment.requests,
    ...doorLimits,
    strangers: { max: agentsPortLimits.maxStrangers, ms: timing.strangerMs },
    clients: enrolment.clients,
    relay: openRelay(settings, managed, refused, logger),
    refused,
    connected: links.add,
    opened: ({ host, port }) => {
      const scheme = tls === undefined ? 'ws' : 'wss';
      logger.info(`agents connect to ${scheme}://${textOf({ host, port })}`, { cluster });
    },
  });
  const waiting = waitOf(settings, managed.records.place, logger);
  await tellWait(letInOnceKnown(begun, door, links, gate), waiting);
  const identity = (): ControllerIdentity => ({
    controllerVersion: version,
    cluster,
    startedAt: managed.startedAt,
    listen: textOf(door.address()),
    tls: tls !== undefined,
  });
  const keepingProblem = (): string | undefined => nodeStore.problem() ?? answers.problem();
  const kept = { keepingProblem, answersKept: answers.kept, snapshots: managed.snapshots };
  const identities = { revocations, enrolment, tokens, proposalRecords, counters };
  const own = { lead, ownCertificates: secrets.certificates, now };
  const parts = { fleet, checker, store, rollouts, ...identities, ...kept, ...own };
  const api = openApi({ settings: { ...settings, timing }, identity, ...parts }, logger);
  const { close: _close, ...entered } = api;
  const reloadSecrets = (): Promise<void> => secrets.reload(door.useCertificate);
  const timers = [
    watchSecrets(settings, reloadSecrets),
    renewOwnHourly(settings.authority, logger, reloadSecrets),
    ...startTimers(managed, links, { ...settings, timing }, logger),
  ];
  const stop = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all([door.close(), links.close(stopMs)]);
    await endStore({ ...managed, api }, lock, timing.storeEndMs, logger);
  };
  return {
    get listen() {
      return textOf(door.address());
    },
    opened: door.opened,
    ended: Promise.race([managed.lost, openLater(managed.mayServe, door.open)]),
    ...entered,
    role: fleet.role,
    reload: reloadSecrets,
    stop,
  };
}

/** What becomes of agents that are refused, and of connections that fail. */
function troublesOf(
  fleet: Pick<ManagedFleet['fleet'], 'records'>,
  logger: Logger,
): LinkTroubles & RefusedAgents {
  const counts = createRefusedIdentities();
  const refused = refusalLog(logger, (remote) => tokenNodesAt(fleet.records(), remote));
  return { refused, counts, claimed: counts.claimed, failed: failureLog(logger) };
}

/**
 * Resolves when the stored state was read, or could not be read for now. Where no other controller can lead,
 * agents find a listener before that, because a refused connection costs each of them a pause; they wait at
 * the gate. @throws the error of the start, and then everything has ended
 */
async function letInOnceKnown(
  { managed, loaded }: BegunFleet,
  door: AgentsDoor,
  links: Links,
  gate: Gate,
): Promise<void> {
  try {
    if (managed.mayServe === undefined) await door.open();
    await loaded;
  } catch (error) {
    await Promise.all([door.close(), links.close(stopMs)]);
    await managed.close();
    await managed.closeStore();
    throw error;
  }
  gate.open();
}

function watchSecrets(settings: Prepared, reload: () => Promise<void>): NodeJS.Timeout {
  const watched = watchFiles(secretFilesOf(settings), reload);
  // What changes before the first look of the timer is noticed as well.
  void watched();
  return setInterval(() => void watched(), filesMs);
}

/** Writes what is not on disk yet. A disk that hangs does not keep the controller from its end. */
async function endStore(
  { api, close, nodeStore, answers, seen, closeStore }: ManagedFleet & { readonly api: ClusterApi },
  lock: StateLock,
  longestMs: number,
  logger: Logger,
): Promise<void> {
  const ending = (async (): Promise<undefined> => {
    // A push that runs waits for the store as well.
    await Promise.all([api.close(), close(), seen.settled()]);
    await nodeStore.flush();
    await answers.flush();
    await closeStore();
    await lock.release();
    return undefined;
  })().catch((error: unknown) => reasonOf(error));
  const seconds = String(longestMs / 1000);
  const late = `no answer for ${seconds} s; the last changes may not be stored`;
  const problem = await within(ending, longestMs, () => late);
  if (problem !== undefined) logger.error(`cannot end the store in order: ${problem}`);
}

/** @returns a promise of the reason why the door cannot be opened */
function openLater(
  mayServe: Promise<void> | undefined,
  openDoor: () => Promise<void>,
): Promise<string> {
  return new Promise((resolve) => {
    mayServe?.then(openDoor).catch((error: unknown) => resolve(reasonOf(error)));
  });
}

function startTimers(
  { fleet, nodeStore, rollouts, seen }: ManagedFleet,
  links: Pick<Links, 'tick'>,
  {
    forgetAfterDays: days = defaultForgetAfterDays,
    timing: { tickMs, seenMs = usualSeenMs },
  }: Prepared & { readonly timing: ControllerTiming },
  logger: Logger,
): readonly NodeJS.Timeout[] {
  const clocks = { wallMs: Date.now, steadyMs: () => performance.now() };
  const forgetOld = forgetOldNodes({ days, fleet, ...clocks, logger });
  const tick = (): void => {
    links.tick();
    void rollouts.look();
  };
  const hourly = (): void => {
    forgetOld();
    // The stored times of connected nodes change once an hour.
    nodeStore.changed();
  };
  const noteSeen = (): void => void seen.note();
  return [setInterval(tick, tickMs), setInterval(noteSeen, seenMs), setInterval(hourly, hourMs)];
}

/** @param place of the store, if it is not in etcd */
function waitOf(
  { etcd, waiting = () => undefined }: Prepared,
  place: string,
  logger: Logger,
): WaitDeps {
  return {
    place: etcd === undefined ? place : `etcd at ${etcd.endpoints.join(', ')}`,
    elapsedMs: () => performance.now(),
    waiting,
    logger,
  };
}

function now(): string {
  return new Date().toISOString();
}

function textOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
