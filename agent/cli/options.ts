/** Options and help that several commands share. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { OutputForm } from './output/print.ts';

const defaultSocket = '/run/calico-agent/agent.sock';

export interface SocketOptions {
  readonly socket: string;
}

export interface OutputOptions {
  readonly output: OutputForm;
}

/** Of what is shown first, and done only when it is said. */
export interface YesOptions {
  readonly yes?: boolean;
}

export function addYesOption(command: Command, what: string): Command {
  return command.option('--yes', `${what}; without it, it is only shown`);
}

export function addSocketOption(command: Command): Command {
  return command.addOption(
    new Option('--socket <path>', "the daemon's socket")
      .default(defaultSocket)
      .env('CALICO_AGENT_SOCKET'),
  );
}

export function addOutputOption(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <form>', 'how to print')
      .choices(['text', 'yaml', 'json'])
      .default('text'),
  );
}

export function addUnitApplicationOption(command: Command): Command {
  return command.option(
    '--unit-application <name>',
    'the Juju application whose units bare unit numbers mean (default: calico)',
  );
}

export const configArgument =
  'the configuration: charm options or a NetworkConfig, YAML or JSON; - is stdin';

export const nodesDescription =
  'the nodes: a list of facts, or what kubectl get nodes, calicoctl get nodes or juju status print; - is stdin';

/** For a parameter that may be given several times. */
export function gather(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

/** As the daemon has it. */
const longestWaitSeconds = 3600;

export function parseSeconds(text: string): number {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= longestWaitSeconds) return seconds;
  throw new InvalidArgumentError(
    `It is a number of seconds, at most ${longestWaitSeconds}; CONFIG comes before --wait.`,
  );
}

/** The part of a help text with commands to paste, each with what it is for. */
export function examples(lines: readonly (readonly [what: string, command: string])[]): string {
  return ['\nExamples:', ...lines.flatMap(([what, line]) => [`  # ${what}`, `  ${line}`])].join(
    '\n',
  );
}
