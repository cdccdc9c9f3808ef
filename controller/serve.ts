/** The daemon's process: logging, systemd, signals. */
import { createLogger } from '../runtime/log/logger.ts';
import { takeServiceEnvironment } from '../runtime/process/service-environment.ts';
import { removeWeakening } from '../runtime/process/weakening-environment.ts';
import { createSystemdNotifier } from '../runtime/process/systemd-notify.ts';
import type { ExitStatus } from '../runtime/cli/terminal.ts';
import { startController, type RunningController } from './compose.ts';
import type { ServeSettings } from './settings.ts';

/** Messages to systemd's watchdog within its time: one may be lost, and one late. */
const beatsPerDeadline = 3;

/**
 * Runs until SIGTERM or SIGINT; a second signal ends it at once, as usual. SIGHUP reads the token
 * and the certificate again.
 */
export async function serve({ log, ...settings }: ServeSettings): Promise<ExitStatus> {
  const logger = createLogger(log);
  for (const { message } of removeWeakening(process.env)) logger.warn(message);
  const service = takeServiceEnvironment(process.env, process.pid);
  const notifier = createSystemdNotifier(service, logger);
  // Registered before the start, so that a signal during the start does not kill the process.
  let running: RunningController | undefined;
  const reload = async (): Promise<void> => {
    if (running === undefined) return;
    notifier.reloading();
    await running.reload();
    notifier.ready();
  };
  process.on('SIGHUP', () => void reload());
  const controller = await startController(settings, logger);
  running = controller;
  const beats =
    service.watchdogMs === undefined
      ? undefined
      : setInterval(notifier.alive, service.watchdogMs / beatsPerDeadline);
  notifier.status('waiting for the store, or for the controller that leads');
  const openedText = controller.opened.then(() =>
    notifier.status(`agents connect to ${controller.listen}`),
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
