import type { LogFields, Logger } from './logger.ts';

/** A logger of which all lines have the fields too; those of a line win. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  const log =
    (level: keyof Logger) =>
    (message: string, given: LogFields = {}): void =>
      logger[level](message, { ...fields, ...given });
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}
