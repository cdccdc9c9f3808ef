/** Shows the progress of a rollout: drawn in place on a terminal, else a line for each change. */
import { printable } from '../../../core/printable.ts';
import { write, writeOver } from '../../../runtime/cli/print.ts';
import type { CurrentRollout } from '../../../schemas/generated/controller-api/current-rollout.ts';
import { barLines } from './progress-bars.ts';
import { progressText } from './rollout-text.ts';

type Shown = NonNullable<CurrentRollout['rollout']>;

export interface ShownProgress {
  show(rollout: Shown): Promise<void>;
  /** A line about the connection; the progress goes on below it. */
  say(text: string): Promise<void>;
}

interface TerminalStream extends NodeJS.WritableStream {
  readonly isTTY: true;
  readonly columns: number;
  readonly rows: number;
}

export function showProgress(stream: NodeJS.WritableStream): ShownProgress {
  return isTerminal(stream) ? drawn(stream) : inLines(stream);
}

function inLines(stream: NodeJS.WritableStream): ShownProgress {
  let last = '';
  return {
    show: async (rollout) => {
      const line = progressText(rollout);
      if (line !== last) await write(stream, `${printable(line)}\n`);
      last = line;
    },
    say: (text) => write(stream, `${printable(text)}\n`),
  };
}

function drawn(stream: TerminalStream): ShownProgress {
  // The number of lines that the next picture replaces.
  let height = 0;
  return {
    show: async (rollout) => {
      // The rows and columns may have changed.
      const { columns, rows } = stream;
      const lines = barLines(rollout, { columns: columns - 1, rows: rows - 2 });
      await writeOver(stream, height, lines.map((line) => `${line}\n`).join(''));
      height = lines.length;
    },
    say: async (text) => {
      await write(stream, `${printable(text)}\n`);
      height = 0;
    },
  };
}

function isTerminal(stream: NodeJS.WritableStream): stream is TerminalStream {
  return 'isTTY' in stream && stream.isTTY === true && 'columns' in stream && 'rows' in stream;
}
