import { isDeepStrictEqual } from 'node:util';
import type { ProcessLogger } from '../../runtime/log/logger.ts';
import type { SystemdNotifier } from '../../runtime/process/systemd-notify.ts';
import type { RunningAgent } from '../app/create-agent.ts';
import type { ControllerLink } from './controller-link.ts';
import { logError } from './log-error.ts';
import { readSettings, type DaemonSettings } from '../settings.ts';

export interface Reloading {
  /** The settings at the start. */
  readonly settings: DaemonSettings;
  readonly config: string | undefined;
  readonly started: Promise<RunningAgent>;
  readonly link: ControllerLink;
  readonly logger: ProcessLogger;
  readonly notifier: Pick<SystemdNotifier, 'reloading' | 'ready'>;
}

const unchangeable = [
  'roles',
  'stateDirectory',
  'socket',
  'statusSocket',
  'socketGroup',
  'datastore',
  'nodesKubeconfig',
  'cluster',
  'birdSockets',
  'metricsListen',
  'guard',
] as const;

/**
 * Reads agent.yaml again on SIGHUP; a bad file changes nothing. Returns a function that stops it
 * after the reading that has begun.
 */
export function reloadOnSignal({
  settings,
  config,
  started,
  link,
  logger,
  notifier,
}: Reloading): () => Promise<void> {
  const reload = async (): Promise<void> => {
    try {
      const agent = await started;
      notifier.reloading();
      const next = await readSettings(config);
      const waiting = unchangeable.filter((name) => !isDeepStrictEqual(next[name], settings[name]));
      await agent.reconfigure(next.agent, waiting);
      logger.configure(next.log);
      await link.follow(agent, next.controller);
      if (waiting.length > 0) {
        logger.warn('a change of settings needs a restart', { settings: waiting });
      }
      logger.info('settings read again');
    } catch (error) {
      await logError(logger, error, config);
      logger.warn('the settings stay as they were');
    } finally {
      notifier.ready();
    }
  };
  let last = Promise.resolve();
  const onHangUp = (): void => {
    last = last.then(reload);
  };
  process.on('SIGHUP', onHangUp);
  return async () => {
    process.off('SIGHUP', onHangUp);
    // A signal must not kill a daemon that is about to end properly.
    process.on('SIGHUP', () => undefined);
    await last;
  };
}
