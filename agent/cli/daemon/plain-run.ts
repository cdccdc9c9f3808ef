import type { RunSettings } from '../command-context.ts';

/**
 * The settings of a plain `run`, `run --config FILE` or `run --config=FILE`; undefined for
 * everything else, which the whole parser reads. The daemon's start does not wait for that parser.
 */
export function readPlainRun(argv: readonly string[]): RunSettings | undefined {
  const [command, option, value, ...rest] = argv;
  if (command !== 'run' || rest.length > 0) return undefined;
  if (option === undefined) return {};
  if (option === '--config' && value?.startsWith('-') === false) return { config: value };
  const [, config] = /^--config=(.+)$/s.exec(option) ?? [];
  return config !== undefined && value === undefined ? { config } : undefined;
}
