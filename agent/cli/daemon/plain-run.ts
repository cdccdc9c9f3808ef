import type { RunSettings } from '../command-context.ts';

/**
 * The settings of a plain `run`, `run --config FILE` or `run --config=FILE`; undefined for
 * everything else, which the whole parser looks at. The daemon's start must not wait for it.
 */
export function readPlainRun(argv: readonly string[]): RunSettings | undefined {
  const [command, option, value, ...rest] = argv;
  if (command !== 'run' || rest.length > 0) return undefined;
  if (option === undefined) return {};
  if (option === '--config' && value?.startsWith('-') === false) return { config: value };
  const [, config] = /^--config=(.+)$/s.exec(option) ?? [];
  return config !== undefined && value === undefined ? { config } : undefined;
}
