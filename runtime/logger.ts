/**
 * Logging to stderr, as text or as JSON lines. winston is loaded when the first message that
 * counts arrives; until it is there messages wait in order.
 */
import { printable } from '../core/printable.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LogSettings {
  readonly level?: LogLevel;
  readonly format?: 'text' | 'json';
}

export interface ProcessLogger extends Logger {
  /** New settings for what follows. */
  configure(settings: LogSettings): void;
  /** Resolves when everything that was logged so far is written. */
  flush(): Promise<void>;
}

interface Entry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  readonly timestamp: string;
}

interface Sink {
  write(entry: Entry): void;
  drained(): Promise<void>;
}

const ranks: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

export function createLogger(
  settings: LogSettings = {},
  stream: NodeJS.WritableStream = process.stderr,
): ProcessLogger {
  let { level = 'info', format = 'text' } = settings;
  let sink: Sink | undefined;
  let loading: Promise<void> | undefined;
  let waiting: Entry[] = [];

  const load = async (): Promise<void> => {
    const loaded = await openWinston(stream, () => format);
    sink = loaded;
    for (const entry of waiting) loaded.write(entry);
    waiting = [];
  };
  const log = (at: LogLevel, message: string, fields: LogFields = {}): void => {
    if (ranks[at] > ranks[level]) return;
    const entry = { level: at, message, fields, timestamp: new Date().toISOString() };
    if (sink !== undefined) return sink.write(entry);
    waiting.push(entry);
    loading ??= load();
  };
  return {
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    error: (message, fields) => log('error', message, fields),
    configure: (next) => {
      level = next.level ?? 'info';
      format = next.format ?? 'text';
    },
    flush: async () => {
      await loading;
      await sink?.drained();
    },
  };
}

async function openWinston(
  stream: NodeJS.WritableStream,
  format: () => 'text' | 'json',
): Promise<Sink> {
  const { default: winston } = await import('winston');
  const line = winston.format.printf(({ level, message, timestamp, fields }) =>
    format() === 'json'
      ? printable(JSON.stringify({ timestamp, level, message, ...asFields(fields) }))
      : `${String(timestamp)} ${level}: ${oneLine(String(message))}${textOf(asFields(fields))}`,
  );
  const logger = winston.createLogger({
    level: 'debug',
    format: line,
    transports: [new winston.transports.Stream({ stream })],
  });
  return {
    write: (entry) => void logger.log(entry),
    drained: () => new Promise((resolve) => void stream.write('', () => resolve())),
  };
}

function asFields(value: unknown): LogFields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(fields: LogFields): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const parts = given.map(([name, value]) => ` ${name}=${fieldText(value)}`);
  return parts.join('');
}

function fieldText(value: unknown): string {
  const plain = typeof value === 'string' && /^[!#-<>-~]+$/.test(value);
  return plain ? value : printable(JSON.stringify(value));
}

/** A message may quote a user's text: it must not be able to fake further lines. */
function oneLine(text: string): string {
  return printable(text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' '));
}

/** For tests and for callers that have nothing to say. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
