/** The daemon, from its start to its end. */
import { isDeepStrictEqual } from 'node:util';
import { AppError, exitStatusOf, reasonOf } from '../runtime/errors.ts';
import { createLogger, type ProcessLogger } from '../runtime/logger.ts';
import { startFrugally } from '../runtime/frugal-compiling.ts';
import { lockFolder } from '../runtime/process-lock.ts';
import { createRoutes } from './api/routes.ts';
import type { RunningAgent } from './app/create-agent.ts';
import { removeUnfinished } from '../runtime/atomic-file.ts';
import { composeAgent, writtenFolders } from './compose.ts';
import { createControllerLink, type ControllerLink } from './controller-link.ts';
import { readSettings, type DaemonSettings } from './settings.ts';
import { openSockets } from './sockets.ts';

export interface RunOptions {
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
}

const stopSeconds = 10;

/** Resolves with the exit status when SIGTERM or SIGINT ended it, or when it could not start. */
export async function runAgent({ config }: RunOptions): Promise<0 | 1 | 2> {
  startFrugally();
  const logger = createLogger();
  try {
    const settings = await readSettings(config);
    logger.configure(settings.log);
    const lock = await lockFolder(settings.stateDirectory);
    try {
      await serve(settings, config, logger);
    } finally {
      await lock.release();
    }
    return 0;
  } catch (error) {
    await logError(logger, error, config);
    return exitStatusOf(error);
  } finally {
    await logger.flush();
  }
}

/** Answers first, and then looks at what is on disk: whoever asks early is told that it starts. */
async function serve(
  settings: DaemonSettings,
  config: string | undefined,
  logger: ProcessLogger,
): Promise<void> {
  const stopped = stopSignal();
  const link = createControllerLink(logger);
  const agent = composeAgent(settings, logger, link.state);
  let begin = (): void => undefined;
  const listening = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const startAgent = async (): Promise<RunningAgent> => {
    await listening;
    await Promise.all(writtenFolders(settings).map(removeUnfinished));
    await agent.start();
    return agent;
  };
  const started = startAgent();
  const routes = createRoutes({ status: agent.status, ready: () => started });
  const sockets = await openSockets(settings, routes, logger);
  try {
    begin();
    await started;
    await link.follow(agent, settings.controller);
    const stopReloading = reloadOnSignal(settings, config, agent, link, logger);
    logger.info('listening', { socket: settings.socket, node: agent.facts().name });
    await stopped;
    stopReloading();
    logger.info('stopping');
  } finally {
    // A step that hangs is finished at the next start.
    setTimeout(() => process.exit(1), stopSeconds * 1000).unref();
    await link.stop();
    await agent.stop();
    sockets.close();
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => resolve());
  });
}

/** A bad file changes nothing. */
function reloadOnSignal(
  settings: DaemonSettings,
  config: string | undefined,
  agent: RunningAgent,
  link: ControllerLink,
  logger: ProcessLogger,
): () => void {
  const reload = async (): Promise<void> => {
    try {
      const next = await readSettings(config);
      await agent.reconfigure(next.agent);
      logger.configure(next.log);
      await link.follow(agent, next.controller);
      const waiting = unchangeable.filter((name) => !isDeepStrictEqual(next[name], settings[name]));
      if (waiting.length > 0)
        logger.warn('a change of settings takes a restart', { settings: waiting });
      logger.info('settings read again');
    } catch (error) {
      await logError(logger, error, config);
      logger.warn('the settings stay as they were');
    }
  };
  let last = Promise.resolve();
  const onHangUp = (): void => {
    last = last.then(reload);
  };
  process.on('SIGHUP', onHangUp);
  return () => void process.off('SIGHUP', onHangUp);
}

const unchangeable = [
  'stateDirectory',
  'socket',
  'statusSocket',
  'socketGroup',
  'datastore',
] as const;

/** A person's mistake is told with all its places, a fault of ours with its stack. */
async function logError(
  logger: ProcessLogger,
  error: unknown,
  config: string | undefined,
): Promise<void> {
  if (!(error instanceof AppError)) {
    const stack = error instanceof Error ? error.stack : undefined;
    return logger.error(reasonOf(error), stack === undefined ? {} : { stack });
  }
  logger.error(error.message, { code: error.code });
  if (error.issues.length === 0) return;
  const { formatIssue } = await import('../core/issue-text.ts');
  for (const issue of error.issues) logger.error(formatIssue(issue, config ?? 'agent.yaml'));
}
