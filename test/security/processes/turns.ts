/**
 * The computing time of each turn of a daemon's event loop, from the lines of
 * test/support/machine/loop-turns.cjs.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export interface Turns {
  /** For the daemon. */
  readonly environment: Readonly<Record<string, string>>;
  /** ms of the longest turn since the last call, once the daemon has nothing left to do. */
  longest(): Promise<number>;
}

/** A busy daemon writes a line far more often. */
const idleMs = 1000;

/** @param file is made by the daemon */
export function watchTurns(file: string): Turns {
  const script = path.resolve('test/support/machine/loop-turns.cjs');
  return {
    environment: { NODE_OPTIONS: `--require ${script}`, LOOP_TURNS: file },
    longest: async () => {
      const lines = (await readWhenIdle(file)).split('\n').filter((line) => line !== '');
      await writeFile(file, '');
      const turns = lines.map((line): { readonly ms: number } => JSON.parse(line));
      return Math.max(0, ...turns.map(({ ms }) => ms));
    },
  };
}

async function readWhenIdle(file: string): Promise<string> {
  let before: string;
  let text = await readFile(file, 'utf8');
  do {
    before = text;
    await wait(idleMs);
    text = await readFile(file, 'utf8');
  } while (text !== before);
  return text;
}
