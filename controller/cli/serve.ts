import { createLogger, type LogSettings } from '../../runtime/logger.ts';
import { startController, type ControllerSettings, type RunningController } from '../compose.ts';

export interface ServeOptions extends ControllerSettings {
  readonly log: LogSettings;
}

/**
 * Runs until SIGTERM or SIGINT; a second signal ends it at once, as usual. SIGHUP reads the token
 * and the certificate again.
 */
export async function serve({ log, ...settings }: ServeOptions): Promise<number> {
  const logger = createLogger(log);
  // From the start: a signal that comes while it starts must not kill it.
  let running: RunningController | undefined;
  process.on('SIGHUP', () => void running?.reload());
  const controller = await startController(settings, logger);
  running = controller;
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  logger.info(`stopping on ${signal}`);
  await controller.stop();
  await logger.flush();
  return 0;
}
