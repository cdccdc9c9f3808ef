import type { LogFields, Logger } from './logger.ts';

/**
 * A logger of which all lines have the fields too; those of a line win.
 * @param fields a function: they are asked for at each line
 */
export function withFields(logger: Logger, fields: LogFields | (() => LogFields)): Logger {
  const now = (): LogFields => (typeof fields === 'function' ? fields() : fields);
  const log =
    (level: keyof Logger) =>
    (message: string, given: LogFields = {}): void =>
      logger[level](message, { ...now(), ...given });
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}
