/** Juju's own reader of charms, the Go module github.com/juju/charm, as a program built here. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildGoProgram } from '../machine/go-program.ts';

const run = promisify(execFile);
const source = fileURLToPath(new URL('../../hooks/read-charm', import.meta.url));

/** What test/hooks/read-charm/main.go prints. */
interface SeenCharm {
  readonly name: string;
  readonly subordinate: boolean;
  readonly requires: Readonly<Record<string, string>>;
  readonly bindings: readonly string[];
  readonly bases: readonly string[];
  readonly options: Readonly<Record<string, { readonly type: string; readonly default: unknown }>>;
  readonly actions: Readonly<Record<string, unknown>>;
}

/**
 * Builds the reader.
 * @param folder where the program goes
 * @returns undefined when there is no Go, or its modules cannot be had; the reader rejects with
 * Juju's own words for a charm that Juju refuses
 */
export async function buildCharmReader(
  folder: string,
): Promise<((archive: string) => Promise<SeenCharm>) | undefined> {
  const program = await buildGoProgram(source, folder);
  if (program === undefined) return undefined;
  return async (archive) => {
    const { stdout } = await run(program, [archive]);
    const seen: SeenCharm = JSON.parse(stdout);
    return seen;
  };
}
