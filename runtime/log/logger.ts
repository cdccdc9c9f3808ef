/**
 * Logging to stderr, as text or as JSON lines; where stderr is the journal with each line's
 * priority in front (sd-daemon(3)), and without the time, which the journal has. winston is loaded when the first message that
 * counts arrives; until it is there messages wait in order.
 */
import { fstatSync } from 'node:fs';
import { printable } from '../../core/printable.ts';

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
  /** Changes the settings for later lines. */
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

/** The priorities of syslog(3). */
const priorities: ReadonlyMap<string, number> = new Map([
  ['error', 3],
  ['warn', 4],
  ['info', 6],
  ['debug', 7],
]);

/** Whether the file is the journal, by JOURNAL_STREAM: systemd.exec(5). */
function isJournal(fd: number): boolean {
  const journal = process.env['JOURNAL_STREAM'];
  if (journal === undefined) return false;
  const { dev, ino } = fstatSync(fd);
  return journal === `${String(dev)}:${String(ino)}`;
}

export function createLogger(
  settings: LogSettings = {},
  stream: NodeJS.WritableStream = process.stderr,
  toJournal: boolean = stream === process.stderr && isJournal(process.stderr.fd),
): ProcessLogger {
  let { level = 'info', format = 'text' } = settings;
  let sink: Sink | undefined;
  let loading: Promise<void> | undefined;
  let waiting: Entry[] = [];

  const load = async (): Promise<void> => {
    const loaded = await openWinston(stream, () => format, toJournal);
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
  toJournal: boolean,
): Promise<Sink> {
  const { default: winston } = await import('winston');
  const line = winston.format.printf(({ level, message, timestamp, fields }) => {
    const text =
      format() === 'json'
        ? printable(JSON.stringify({ timestamp, level, message, ...asFields(fields) }))
        : oneLine(String(message)) + textOf(asFields(fields));
    if (toJournal) return `<${String(priorities.get(level) ?? 6)}>${text}`;
    return format() === 'json' ? text : `${String(timestamp)} ${level}: ${text}`;
  });
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

/** The text on one line, because a quoted text of a user must not fake further lines. */
function oneLine(text: string): string {
  return printable(text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' '));
}

/** A logger without output, for tests and for callers that log nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
