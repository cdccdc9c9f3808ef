/** Collects the words to complete from commander's own tree of commands. */
import type { Command, Option } from 'commander';

export interface CompletedProgram {
  readonly name: string;
  /** Those that stand before the command. */
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Values of the first argument; empty: files. */
  readonly argumentValues: readonly string[];
  readonly takesArgument: boolean;
}

export interface CompletedOption {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  /** Empty: files. */
  readonly values: readonly string[];
  /** The words of a command of the program that prints the values, one a line. */
  readonly valuesFrom?: string;
}

/** @param valuesFrom by the long flag of an option */
export function describeProgram(
  program: Command,
  valuesFrom: Readonly<Record<string, string>> = {},
): CompletedProgram {
  return {
    name: program.name(),
    options: [...program.options.map((option) => describeOption(option, valuesFrom)), help],
    commands: describeCommands(program, valuesFrom),
  };
}

function describeCommands(
  program: Command,
  valuesFrom: Readonly<Record<string, string>>,
): readonly CompletedCommand[] {
  return program.commands.map((command) => {
    const [argument] = command.registeredArguments;
    // A command with subcommands is followed by one of them, with any of their options.
    const inner = command.commands;
    const options = [command, ...inner].flatMap((one) => one.options);
    return {
      name: command.name(),
      summary: command.summary(),
      options: [...options.map((option) => describeOption(option, valuesFrom)), help],
      argumentValues: argument?.argChoices ?? inner.map((one) => one.name()),
      takesArgument: argument !== undefined || inner.length > 0,
    };
  });
}

function describeOption(
  { short, long, description, argChoices, required }: Option,
  valuesFrom: Readonly<Record<string, string>>,
): CompletedOption {
  const from = valuesFrom[long ?? ''];
  return {
    ...(from !== undefined && { valuesFrom: from }),
    flags: [short, long].filter((flag) => flag !== undefined),
    summary: description,
    takesValue: required,
    values: argChoices ?? [],
  };
}

const help: CompletedOption = {
  flags: ['-h', '--help'],
  summary: 'display help for command',
  takesValue: false,
  values: [],
};
