/** Builds the controller of its parts; the only place that makes its adapters. */
import type { Server } from 'node:http';
import { defaultLiveness } from '../core/protocol/liveness.ts';
import { controllerLineage } from '../core/protocol/messages.ts';
import { AppError, reasonOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/log/logger.ts';
import { readTextFile } from '../runtime/files/read-text-file.ts';
import { secretFileWarning } from '../runtime/files/secret-file.ts';
import { createTurns } from '../runtime/pacing/spread.ts';
import { createBoundedServer } from '../runtime/http/bounded-server.ts';
import type { ServingLimits } from '../runtime/http/limits.ts';
import { listenOnSocket } from '../runtime/http/unix-socket.ts';
import { createStateLock, type StateLock } from '../runtime/files/state-lock.ts';
import { version } from '../runtime/version.ts';
import { fileFleetStore } from './adapters/file-fleet-store.ts';
import { controllerRoutes } from './api/routes.ts';
import { createFleet } from './app/fleet/create-fleet.ts';
import type { Fleet } from './app/fleet/fleet.ts';
import { nodesKeeper } from './app/nodes/node-store.ts';
import { openFleet } from './app/fleet/open-fleet.ts';
import { createConfinedChecker } from './adapters/config-checker/confined-checker.ts';
import {
  controllerLimits,
  programBeside,
  usualConfinement,
} from '../runtime/confined/usual-confinement.ts';
import { createPush } from './app/push/push.ts';
import { createLinks } from './channel/agent-links.ts';
import { serveAgents, type Certificate } from './channel/agents-server.ts';
import { parseListenAddress, type ListenAddress } from './channel/listen-address.ts';
import { seldom } from '../runtime/pacing/seldom.ts';
import type { ControllerSettings, ControllerTiming } from './settings.ts';
import { loadTokenCheck, type TokenCheck } from './channel/token-check.ts';

const deciderProgram = programBeside('calico-controller-decider.js', 'controller/decider.ts');

export interface RunningController {
  /** `host:port` where agents connect. */
  readonly listen: string;
  /** Reads the token and the certificate again; a bad file changes nothing. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

const defaultTiming: ControllerTiming = {
  liveness: defaultLiveness,
  helloMs: 10_000,
  slowMs: 30_000,
  tickMs: 1000,
  keepMs: 1000,
  strangerMs: 10_000,
};
const maxStrangers = 2000;
const maxAgents = 20_000;
/** A whole fleet may be behind one address; a flood from one leaves room for the others. */
const maxAgentsPerAddress = 6000;
const stopMs = 2000;
const hourMs = 3_600_000;
const defaultForgetAfterDays = 30;
const mib = 1024 * 1024;
/** Of the socket for the commands; agents never come here. */
const apiLimits: ServingLimits = {
  connections: 64,
  pipelined: 16,
  requests: 64,
  bodyBytes: 8 * mib,
  // All of 20,000 nodes, three times.
  answerBytes: 96 * mib,
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 5000,
  answerMs: 60_000,
};

/** @throws AppError where the settings do not allow a safe start */
export async function startController(
  settings: ControllerSettings,
  logger: Logger,
): Promise<RunningController> {
  const { plaintextBeyondLoopback } = settings;
  const tls = settings.tls === undefined ? undefined : await readTls(settings.tls, logger);
  const policy = { tls: tls !== undefined, plaintextBeyondLoopback };
  const address = parseListenAddress(settings.listen, policy);
  const mayEnter = await loadTokenCheck(settings.tokenFile, logger);
  const { stateDirectory } = settings;
  const lock = await createStateLock({ stateDirectory, writtenFolders: [], logger });
  const { tls: tlsFiles, ...rest } = settings;
  const secured = tls === undefined || tlsFiles === undefined ? {} : { tls, tlsFiles };
  try {
    return await startLocked({ ...rest, ...secured, address, mayEnter, lock }, logger);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

interface Prepared extends Omit<ControllerSettings, 'tls'> {
  readonly address: ListenAddress;
  readonly mayEnter: TokenCheck;
  readonly tls?: Certificate;
  readonly tlsFiles?: NonNullable<ControllerSettings['tls']>;
  readonly lock: StateLock;
}

async function startLocked(settings: Prepared, logger: Logger): Promise<RunningController> {
  const { address, cluster, lock, tls, tlsFiles } = settings;
  let { mayEnter } = settings;
  const timing = { ...defaultTiming, ...settings.timing };
  const checker = createConfinedChecker(usualConfinement(deciderProgram, controllerLimits, logger));
  const store = fileFleetStore(settings.stateDirectory, {
    cluster,
    logger,
    digestOfText: (text) => checker.digest(text, { isUrgent: true }),
  });
  const startedAt = now();
  const keeper = nodesKeeper(() => store.saveNodes(fleet.stored()), timing.keepMs, logger);
  const fleet = createFleet(undefined, {
    lineage: controllerLineage(cluster),
    logger,
    now,
    onKept: keeper.changed,
  });
  const { claim } = lock;
  const opening = openFleet({ claim, store, fleet, random: Math.random, logger });
  const failure = await opening.first();
  // Another cluster's folder is a wrong setting; what the disk has may be mended meanwhile.
  if (failure instanceof AppError && failure.code === 'invalid-settings') {
    checker.close();
    await opening.stop();
    throw failure;
  }
  const refused = refusalLog(logger);
  const turns = createTurns();
  const troubles = { refused, failed: failureLog(logger) };
  const links = createLinks(fleet, { ...timing, cluster }, troubles, turns);

  const agents = await serveAgents({
    address,
    ...(tls === undefined ? {} : { tls }),
    turns,
    mayEnter: (authorization) => mayEnter(authorization),
    maxAgents,
    maxAgentsPerAddress,
    maxHalfBytes: 64 * mib,
    strangers: { max: maxStrangers, ms: timing.strangerMs },
    refused,
    connected: links.add,
  });
  const listen = textOf(agents.address);
  const identity = {
    controllerVersion: version,
    cluster,
    startedAt,
    listen,
    tls: tls !== undefined,
  };
  const push = createPush({ cluster, fleet, checker, store, now, logger });
  const routes = controllerRoutes({
    identity,
    fleet,
    push,
    keepingProblem: keeper.problem,
    checker,
    now,
  });
  const api = createBoundedServer(routes, {
    name: 'controller.sock',
    access: 'write',
    limits: apiLimits,
    logger,
  });
  const ticks = setInterval(links.tick, timing.tickMs);
  const { forgetAfterDays = defaultForgetAfterDays } = settings;
  const expiring = setInterval(() => expire(fleet, forgetAfterDays), hourMs);
  expire(fleet, forgetAfterDays);
  const stop = async (): Promise<void> => {
    clearInterval(ticks);
    clearInterval(expiring);
    checker.close();
    await opening.stop();
    await Promise.all([agents.close(), links.close(stopMs), closeApi(api)]);
    await keeper.flush();
    await lock.release();
  };
  const reload = async (): Promise<void> => {
    await keepOnError('token', logger, async () => {
      mayEnter = await loadTokenCheck(settings.tokenFile, logger);
    });
    if (tlsFiles === undefined) return;
    await keepOnError('certificate', logger, async () => {
      agents.useCertificate(await readTls(tlsFiles, logger));
    });
  };
  try {
    await listenOnSocket(api, settings.socket, { mode: 0o660 });
  } catch (error) {
    await stop();
    throw error;
  }
  logger.info(`agents connect to ${tls === undefined ? 'ws' : 'wss'}://${listen}`, { cluster });
  return { listen, reload, stop };
}

function expire(fleet: Fleet, days: number): void {
  if (days > 0) fleet.expire(new Date(Date.now() - days * 24 * hourMs).toISOString());
}

async function keepOnError(what: string, logger: Logger, read: () => Promise<void>): Promise<void> {
  try {
    await read();
    logger.info(`the ${what} was read again`);
  } catch (error) {
    logger.error(`the ${what} stays as it was: ${reasonOf(error)}`);
  }
}

function refusalLog(logger: Logger): (reason: string, remote: string) => void {
  const due = seldom();
  return (reason, remote) => {
    const count = due(`${remote} ${reason}`, performance.now());
    if (count === undefined) return;
    logger.warn(`refused an agent: ${reason}`, { remote, ...(count > 1 ? { count } : {}) });
  };
}

/** Each failure is counted; one line a minute tells of those of one address. */
function failureLog(logger: Logger): (error: unknown, remote: string) => void {
  const due = seldom();
  return (error, remote) => {
    const count = due(remote, performance.now());
    if (count === undefined) return;
    const details = { remote, reason: reasonOf(error), ...(count > 1 ? { count } : {}) };
    logger.error('closed a connection of an agent: something failed in handling it', details);
  };
}

async function readTls(
  { certFile, keyFile }: NonNullable<ControllerSettings['tls']>,
  logger: Pick<Logger, 'warn'>,
): Promise<Certificate> {
  const certificate = { cert: await readPem(certFile), key: await readPem(keyFile) };
  const warning = await secretFileWarning('key file', keyFile);
  if (warning !== undefined) logger.warn(warning);
  return certificate;
}

async function readPem(file: string): Promise<string> {
  const text = await readTextFile(file, 1024 * 1024);
  if (text?.includes('-----BEGIN ') === true) return text;
  const reason = text === undefined ? 'no such file' : 'it is not in PEM form';
  throw new AppError('invalid-settings', `cannot read "${file}": ${reason}`);
}

function now(): string {
  return new Date().toISOString();
}

function closeApi(api: Server): Promise<void> {
  return new Promise((resolve) => {
    api.close(() => resolve());
    api.closeAllConnections();
  });
}

function textOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
