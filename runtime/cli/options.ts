/** Options and parts of help texts that commands of both programs share. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { OutputForm } from './print.ts';

export interface SocketOptions {
  readonly socket: string;
}

export interface OutputOptions {
  readonly output: OutputForm;
}

/** For commands that preview unless --yes is given. */
export interface YesOptions {
  readonly yes?: boolean;
}

/** @param what `remove them`: what the command does with --yes */
export function addYesOption(command: Command, what: string): Command {
  return command.option('--yes', `${what}; without --yes the command only shows what it would do`);
}

export function addOutputOption(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <form>', 'how to print')
      .choices(['text', 'yaml', 'json'])
      .default('text'),
  );
}

export const configArgument =
  'the configuration: charm options or a NetworkConfig, YAML or JSON; - is stdin';

/** For commands that can wait for the outcome of what they ask for. */
export interface WaitOptions {
  /** true: the usual time. */
  readonly wait?: number | true;
}

const usualWaitSeconds = 60;

/** @param until `the revision is confirmed`: what it waits for */
export function addWaitOption(command: Command, until: string): Command {
  return command.option(
    '--wait [seconds]',
    `wait until ${until}, for at most this many seconds (default: ${usualWaitSeconds})`,
    parseSeconds,
  );
}

/** undefined: the command does not wait. */
export function secondsToWait({ wait }: WaitOptions): number | undefined {
  return wait === true ? usualWaitSeconds : wait;
}

/** The limit of both daemons. */
const longestWaitSeconds = 3600;

export function parseSeconds(text: string): number {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= longestWaitSeconds) return seconds;
  throw new InvalidArgumentError(
    `It is a number of seconds, at most ${longestWaitSeconds}; other arguments come before --wait.`,
  );
}

const longestTimeSeconds = 86_400;
const units = new Map([
  ['', 1],
  ['s', 1],
  ['m', 60],
  ['h', 3600],
]);

/** `120`, `120s`, `5m`, `1h`: in seconds. */
export function parseTime(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  const seconds = Number(digits) * (units.get(unit) ?? 0);
  if (seconds > 0 && seconds <= longestTimeSeconds) return seconds;
  throw new InvalidArgumentError('It is a time such as 120s, 5m or 1h, at most 24h.');
}

/** A parameter that may be given several times. */
export function gather(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

export type Example = readonly [what: string, command: string];

/** The part of a help text with commands to paste, each with its purpose. */
export function examples(lines: readonly Example[]): string {
  return ['\nExamples:', ...lines.flatMap(([what, line]) => [`  # ${what}`, `  ${line}`])].join(
    '\n',
  );
}
