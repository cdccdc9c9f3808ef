import type { Logger } from '../../../runtime/log/logger.ts';
import type { SimProcess } from '../world/sim-process.ts';

/** Lines that only a fault of the program causes. */
const faults = /could not be handled|a listener failed|internal/u;

/** Into the trace of the world. */
export function simLogger({ world, name }: SimProcess): Logger {
  const say =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      world.say(`${name} ${level} ${message} ${JSON.stringify(fields)}`);
      if (faults.test(message)) world.breaks(`${name}: ${message} ${JSON.stringify(fields)}`);
    };
  return { debug: () => undefined, info: say('info'), warn: say('warn'), error: say('error') };
}
