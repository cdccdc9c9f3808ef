/**
 * Logging to stderr, as text or as JSON lines; where stderr is the journal with each line's
 * priority in front (sd-daemon(3)), and without the time, which the journal has. winston takes 4 MB of
 * memory, and an idle daemon writes only a few lines at its start, so the first lines are written without it. Then it
 * is loaded; until it is there messages wait in order.
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

type WriteEntry = (entry: Entry) => void;

/** The lines of a process that are written without winston. */
const firstLines = 20;

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
  const lineOf = (entry: Entry): string => formatEntry(entry, format, toJournal);
  let first = 0;
  let write: WriteEntry | undefined;
  let loading: Promise<void> | undefined;
  let waiting: Entry[] = [];

  const load = async (): Promise<void> => {
    const loaded = await openWinston(stream, lineOf);
    write = loaded;
    for (const entry of waiting) loaded(entry);
    waiting = [];
  };
  const log = (at: LogLevel, message: string, fields: LogFields = {}): void => {
    if (ranks[at] > ranks[level]) return;
    const entry = { level: at, message, fields, timestamp: new Date().toISOString() };
    if (write !== undefined) return write(entry);
    if (first < firstLines) {
      first += 1;
      return void stream.write(`${lineOf(entry)}\n`);
    }
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
      await new Promise<void>((resolve) => void stream.write('', () => resolve()));
    },
  };
}

async function openWinston(
  stream: NodeJS.WritableStream,
  lineOf: (entry: Entry) => string,
): Promise<WriteEntry> {
  const { default: winston } = await import('winston');
  const logger = winston.createLogger({
    level: 'debug',
    format: winston.format.printf(({ message }) => String(message)),
    transports: [new winston.transports.Stream({ stream })],
  });
  return (entry) => void logger.log({ level: entry.level, message: lineOf(entry) });
}

function formatEntry(
  { level, message, fields, timestamp }: Entry,
  format: 'text' | 'json',
  toJournal: boolean,
): string {
  const text =
    format === 'json'
      ? printable(JSON.stringify({ timestamp, level, message, ...fields }))
      : oneLine(message) + textOf(fields);
  if (toJournal) return `<${String(priorities.get(level) ?? 6)}>${text}`;
  return format === 'json' ? text : `${timestamp} ${level}: ${text}`;
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
