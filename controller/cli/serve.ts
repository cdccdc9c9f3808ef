import { createLogger, type LogSettings } from '../../runtime/logger.ts';
import { startController, type ControllerSettings } from '../compose.ts';

export interface ServeOptions extends ControllerSettings {
  readonly log: LogSettings;
}

/** Runs until SIGTERM or SIGINT; a second signal ends it at once, as usual. */
export async function serve({ log, ...settings }: ServeOptions): Promise<number> {
  const logger = createLogger(log);
  const controller = await startController(settings, logger);
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  logger.info(`stopping on ${signal}`);
  await controller.stop();
  await logger.flush();
  return 0;
}
