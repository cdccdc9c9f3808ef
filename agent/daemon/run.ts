/** The daemon, from its start to its end. */
import type { Server } from 'node:http';
import { closeAtOnce } from '../../runtime/http/bounded-server.ts';
import type { Route } from '../../runtime/http/route.ts';
import { exitStatusOf } from '../../runtime/errors.ts';
import { createLogger, type ProcessLogger } from '../../runtime/log/logger.ts';
import {
  takeServiceEnvironment,
  type ServiceEnvironment,
} from '../../runtime/process/service-environment.ts';
import { createStateLock } from '../../runtime/files/state-lock.ts';
import { removeWeakening } from '../../runtime/process/weakening-environment.ts';
import { createSystemdNotifier } from '../../runtime/process/systemd-notify.ts';
import { createRoutes } from '../api/routes.ts';
import type { RunningAgent } from '../app/create-agent.ts';
import { composeAgent, composeJujuSettings, writtenFolders } from '../compose.ts';
import { collectWhenIdle, processIdleDeps } from './collect-when-idle.ts';
import { createControllerLink } from './controller-link.ts';
import { startHeartbeat } from './heartbeat.ts';
import { logError } from './log-error.ts';
import { reloadOnSignal } from './reload-on-signal.ts';
import { readSettings, type DaemonSettings } from '../settings.ts';
import { openSockets, refuseOnSockets } from './sockets.ts';

export interface RunOptions {
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
}

const stopSeconds = 10;

/** Resolves with the exit status when SIGTERM or SIGINT ended it, or when it could not start. */
export async function runAgent({ config }: RunOptions): Promise<0 | 1 | 2> {
  const logger = createLogger();
  const weakening = removeWeakening(process.env);
  const service = takeServiceEnvironment(process.env, process.pid);
  const untaken = new Map(service.sockets);
  try {
    const settings = await readSettings(config).catch((error: unknown) => {
      warnOf(weakening, logger);
      throw error;
    });
    logger.configure(settings.log);
    // After the settings, which say how lines are written.
    warnOf(weakening, logger);
    if (settings.jujuProblem !== undefined) {
      await logError(logger, settings.jujuProblem, config);
      logger.warn(
        "Juju's settings for the agent cannot be used; ignoring them until its next hook",
      );
    }
    const { stateDirectory } = settings;
    const lock = await createStateLock({
      stateDirectory,
      writtenFolders: writtenFolders(settings),
      logger,
    });
    try {
      await serve({ settings, config, logger, service, untaken, claim: lock.claim });
    } finally {
      await lock.release();
    }
    return 0;
  } catch (error) {
    await logError(logger, error, config);
    await refuseOnSockets(untaken, error).catch((reason: unknown) =>
      logError(logger, reason, config),
    );
    return exitStatusOf(error);
  } finally {
    await logger.flush();
  }
}

function warnOf(weakening: ReturnType<typeof removeWeakening>, logger: ProcessLogger): void {
  for (const { message } of weakening) logger.warn(message);
}

interface Serving {
  readonly settings: DaemonSettings;
  readonly config: string | undefined;
  readonly logger: ProcessLogger;
  readonly service: ServiceEnvironment;
  /** Systemd's sockets on which the daemon does not listen yet. */
  readonly untaken: Map<string, number>;
  /** Locks the state directory. @throws AppError while its disk does not allow it */
  readonly claim: () => Promise<void>;
}

/**
 * Reads which revision is in force, then answers requests, and then reads the node and its
 * datastore.
 */
async function serve(serving: Serving): Promise<void> {
  const { settings, config, logger, service, untaken, claim } = serving;
  const notifier = createSystemdNotifier(service, logger);
  const stopped = stopSignal();
  const link = createControllerLink(logger, settings.stateDirectory);
  const { state: controllerState, certificate } = link;
  const agent = await composeAgent(settings, { logger, controllerState, certificate, claim });
  await agent.load();
  let begin = (): void => undefined;
  const listening = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const startAgent = async (): Promise<RunningAgent> => {
    await listening;
    await agent.start();
    return agent;
  };
  const started = startAgent();
  const stopReloading = reloadOnSignal({
    settings,
    config,
    started,
    link,
    logger,
    notifier,
  });
  const routes = createRoutes({
    status: agent.readings.status,
    ready: () => started,
    jujuSettings: composeJujuSettings(settings),
  });
  untaken.clear();
  const sockets = await openSockets(settings, routes, service.sockets, logger);
  const metrics = await openMetrics(settings, routes, logger);
  const stopCollecting = collectWhenIdle(processIdleDeps());
  let stopHeartbeat = (): void => undefined;
  try {
    begin();
    await started;
    stopHeartbeat = startHeartbeat(agent, {
      notifier,
      watchdogMs: service.watchdogMs,
      logger,
    });
    await link.follow(agent, settings.controller);
    logger.info('listening', { socket: settings.socket, node: agent.readings.facts().name });
    notifier.ready();
    await stopped;
    notifier.stopping();
    logger.info('stopping');
  } finally {
    // The next start finishes a step that hangs.
    setTimeout(() => process.exit(1), stopSeconds * 1000).unref();
    stopHeartbeat();
    stopCollecting();
    await stopReloading();
    await link.stop();
    await agent.stop();
    sockets.close();
    if (metrics !== undefined) await closeAtOnce(metrics);
    await notifier.flush();
  }
}

/** Opens the port of metrics. A port in use must not keep the agent from its work. */
async function openMetrics(
  { metricsListen }: DaemonSettings,
  routes: readonly Route[],
  logger: ProcessLogger,
): Promise<Server | undefined> {
  const route = routes.find((one) => one.path === '/metrics');
  if (metricsListen === undefined || route === undefined) return undefined;
  try {
    const { openMetricsPort } = await import('../../runtime/http/metrics-port.ts');
    return await openMetricsPort(metricsListen, route, logger);
  } catch (error) {
    await logError(logger, error, undefined);
    return undefined;
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => resolve());
  });
}
