/** Draws lines in place on a terminal's alternate screen, without a cursor, until it is closed. */
import type { Line, Size, Tone } from './view.ts';

/** A stdout that is a terminal. */
export interface TerminalStream extends NodeJS.WritableStream {
  readonly isTTY: true;
  readonly columns: number;
  readonly rows: number;
}

/** A stdin that is a terminal. */
interface KeyStream extends NodeJS.ReadableStream {
  readonly isTTY: true;
  setRawMode(isRaw: boolean): unknown;
}

export interface Screen {
  size(): Size;
  /**
   * Draws over the previous lines. While the terminal takes nothing, newer lines replace older
   * ones.
   */
  draw(lines: readonly Line[]): void;
  /** Restores the terminal. A second call has no effect. */
  close(): void;
}

export interface ScreenOptions {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: TerminalStream;
  readonly hasColors: boolean;
  /** Called for q, Ctrl-C, or a signal. */
  readonly quit: () => void;
  /** Called when the terminal's size changed. */
  readonly resized: () => void;
}

const escape = '\u001b[';
const enter = `${escape}?1049h${escape}?25l`;
const leave = `${escape}?25h${escape}?1049l`;
const restOfLine = `${escape}K`;
const restOfScreen = `${escape}J`;
const home = `${escape}H`;

const colors: Readonly<Record<Tone, string>> = {
  plain: '',
  good: '32',
  bad: '31',
  doubtful: '33',
  faint: '2',
};

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function isTerminal(stream: NodeJS.WritableStream): stream is TerminalStream {
  return 'isTTY' in stream && stream.isTTY === true && 'columns' in stream && 'rows' in stream;
}

export function openScreen({ stdin, stdout, hasColors, quit, resized }: ScreenOptions): Screen {
  let isOpen = true;
  let isFull = false;
  let next: readonly Line[] | undefined;
  const stopKeys = listenForKeys(stdin, quit);
  const print = (lines: readonly Line[]): void => {
    const text = lines.map((line) => painted(line, hasColors) + restOfLine).join('\r\n');
    isFull = !stdout.write(`${home}${text}${restOfScreen}`);
  };
  const drained = (): void => {
    isFull = false;
    const lines = next;
    next = undefined;
    if (isOpen && lines !== undefined) print(lines);
  };
  stdout.on('drain', drained);
  stdout.on('resize', resized);
  stdout.on('error', quit);
  for (const signal of signals) process.on(signal, quit);
  stdout.write(enter);
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    stopKeys();
    stdout.off('drain', drained);
    stdout.off('resize', resized);
    for (const signal of signals) process.off(signal, quit);
    process.off('exit', close);
    stdout.write(leave);
    stdout.off('error', quit);
  };
  // Restores the terminal however the process ends. Registered before the listener that exits at
  // once.
  process.prependListener('exit', close);
  return {
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
    draw: (lines) => {
      if (!isOpen) return;
      if (isFull) next = lines;
      else print(lines);
    },
    close,
  };
}

function painted({ text, tone }: Line, hasColors: boolean): string {
  const color = colors[tone];
  return !hasColors || color === '' ? text : `${escape}${color}m${text}${escape}0m`;
}

const ctrlC = '\u0003';

/** Listens for keys. Without a terminal as stdin, Ctrl-C comes as a signal. */
function listenForKeys(stdin: NodeJS.ReadableStream, quit: () => void): () => void {
  if (!isKeyStream(stdin)) return () => undefined;
  const onKeys = (keys: string | Buffer): void => {
    const text = keys.toString();
    if (text.includes('q') || text.includes(ctrlC)) quit();
  };
  stdin.setRawMode(true);
  stdin.on('data', onKeys);
  stdin.resume();
  return () => {
    stdin.off('data', onKeys);
    stdin.setRawMode(false);
    stdin.pause();
  };
}

function isKeyStream(stream: NodeJS.ReadableStream): stream is KeyStream {
  return 'isTTY' in stream && stream.isTTY === true && 'setRawMode' in stream;
}
