/** The computing time of each turn of a daemon's event loop, as test/support/machine/loop-turns.cjs writes it. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface Turns {
  /** For the daemon. */
  readonly environment: Readonly<Record<string, string>>;
  /** ms of the longest turn since it was last asked. */
  longest(): Promise<number>;
}

/** @param file is made by the daemon */
export function watchTurns(file: string): Turns {
  const script = path.resolve('test/support/machine/loop-turns.cjs');
  return {
    environment: { NODE_OPTIONS: `--require ${script}`, LOOP_TURNS: file },
    longest: async () => {
      const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
      await writeFile(file, '');
      const turns = lines.map((line): { readonly ms: number } => JSON.parse(line));
      return Math.max(0, ...turns.map(({ ms }) => ms));
    },
  };
}
