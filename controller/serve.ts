/** The daemon's process: logging, systemd, signals. */
import { AppError, reasonOf } from '../runtime/errors.ts';
import { createLogger, type Logger } from '../runtime/log/logger.ts';
import { takeServiceEnvironment } from '../runtime/process/service-environment.ts';
import { removeWeakening } from '../runtime/process/weakening-environment.ts';
import { createServiceStatus } from '../runtime/process/service-status.ts';
import { createSystemdNotifier } from '../runtime/process/systemd-notify.ts';
import type { ExitStatus } from '../runtime/cli/terminal.ts';
import { changedSettings } from './clusters/changed-settings.ts';
import { sharedTokenWarning } from './clusters/shared-token-warning.ts';
import { startController, type RunningController } from './compose.ts';
import type { ServeSettings } from './settings.ts';

/** Messages to systemd's watchdog within its time: one may be lost, and one late. */
const beatsPerDeadline = 3;

/**
 * Runs until SIGTERM or SIGINT; a second signal ends it at once, as usual. SIGHUP reads the token
 * and the certificate again, and says which settings have changed.
 * @param reread reads the settings again
 */
export async function serve(
  started: ServeSettings,
  reread: () => Promise<ServeSettings>,
): Promise<ExitStatus> {
  const { log, ...settings } = started;
  const logger = createLogger(log);
  for (const { message } of removeWeakening(process.env)) logger.warn(message);
  const weak = sharedTokenWarning(settings);
  if (weak !== undefined) logger.warn(weak);
  const service = takeServiceEnvironment(process.env, process.pid);
  const notifier = createSystemdNotifier(service, logger);
  // Registered before the start, so that a signal during the start does not kill the process.
  let running: RunningController | undefined;
  const status = createServiceStatus(notifier);
  const reload = async (): Promise<void> => {
    if (running === undefined) return;
    notifier.reloading();
    await running.reload();
    status.needed(await changesSince(started, reread, logger));
    notifier.ready();
  };
  process.on('SIGHUP', () => void reload());
  const controller = await startController(settings, logger);
  running = controller;
  const beats =
    service.watchdogMs === undefined
      ? undefined
      : setInterval(notifier.alive, service.watchdogMs / beatsPerDeadline);
  status.place('waiting for the store, or for the controller that leads');
  const openedText = controller.opened.then(() =>
    status.place(`agents connect to ${controller.listen}`),
  );
  openedText.catch(() => undefined);
  notifier.ready();
  const signal = new Promise<{ readonly signal: NodeJS.Signals }>((resolve) => {
    const take = (received: NodeJS.Signals): void => resolve({ signal: received });
    process.once('SIGTERM', take);
    process.once('SIGINT', take);
  });
  const cause = await Promise.race([signal, controller.ended]);
  notifier.stopping();
  clearInterval(beats);
  // After a failure systemd starts it again; it then stands by for the next leader.
  if (typeof cause === 'string') logger.error(cause);
  else logger.info(`stopping on ${cause.signal}`);
  await controller.stop();
  await notifier.flush();
  await logger.flush();
  return typeof cause === 'string' ? 1 : 0;
}

/** @returns at most one text: why a restart is needed */
async function changesSince(
  started: ServeSettings,
  reread: () => Promise<ServeSettings>,
  logger: Pick<Logger, 'warn' | 'error'>,
): Promise<readonly string[]> {
  try {
    const changed = changedSettings(started, await reread());
    if (changed.length === 0) return [];
    const restart = 'systemctl restart calico-controller';
    const text = `settings have changed, and take effect after a restart (${restart}): ${changed.join('; ')}`;
    logger.warn(text);
    return [text];
  } catch (error) {
    const text = `the settings of a restart would be refused: ${refusalText(error)}`;
    logger.error(text);
    return [text];
  }
}

function refusalText(error: unknown): string {
  const issues = error instanceof AppError ? error.issues : [];
  return [
    reasonOf(error),
    ...issues.map(({ pointer, message }) => `${pointer} ${message}`.trim()),
  ].join('; ');
}
