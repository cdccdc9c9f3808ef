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
  /** With those of its own commands. */
  readonly options: readonly CompletedOption[];
  /** The values of the first argument, or the names of its own commands; empty: as `argumentsFrom`. */
  readonly firstValues: readonly string[];
  /** Where the other arguments come from; absent: it takes none, or `innerArguments` has them. */
  readonly argumentsFrom?: ValueSource;
  /** Those of its own commands whose arguments are asked. */
  readonly innerArguments: readonly InnerArguments[];
}

export interface InnerArguments {
  /** `revoke` of `token revoke`. */
  readonly name: string;
  /** The words of the command of the program that prints them, one a line. */
  readonly command: string;
}

export interface CompletedOption {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly summary: string;
  /** Absent: it takes none. */
  readonly value?: ValueSource;
}

export type ValueSource =
  | { readonly kind: 'files' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** The words of a command of the program, which prints the values, one a line. */
  | { readonly kind: 'asked'; readonly command: string };

/**
 * The commands that print values, by the long flag of the option that takes such a value, or by the name of
 * the command whose arguments are such values: `node`, `token revoke`.
 */
export type AskedValues = Readonly<Record<string, string>>;

export function describeProgram(program: Command, asked: AskedValues = {}): CompletedProgram {
  return {
    name: program.name(),
    options: [...program.options.map((option) => describeOption(option, asked)), help],
    commands: program.commands.map((command) => describeCommand(command, asked)),
  };
}

function describeCommand(command: Command, asked: AskedValues): CompletedCommand {
  const [argument] = command.registeredArguments;
  // A command with subcommands is followed by one of them, with any of their options.
  const inner = command.commands;
  const options = [command, ...inner].flatMap((one) => one.options);
  const [chosen, own] = [argument?.argChoices, asked[command.name()]];
  const innerArguments = inner.flatMap((one): InnerArguments[] => {
    const printed = asked[`${command.name()} ${one.name()}`];
    return printed === undefined ? [] : [{ name: one.name(), command: printed }];
  });
  const takesMore =
    (argument !== undefined && chosen === undefined) ||
    inner.some(
      (one) =>
        one.registeredArguments.length > 0 &&
        !innerArguments.some(({ name }) => name === one.name()),
    );
  const from: ValueSource = own === undefined ? { kind: 'files' } : { kind: 'asked', command: own };
  return {
    name: command.name(),
    summary: command.summary(),
    options: [...options.map((option) => describeOption(option, asked)), help],
    firstValues: chosen ?? inner.map((one) => one.name()),
    innerArguments,
    ...(takesMore && { argumentsFrom: from }),
  };
}

function describeOption(
  { short, long, description, argChoices, required }: Option,
  asked: AskedValues,
): CompletedOption {
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    summary: description,
    ...(required && { value: valueOf(asked[long ?? ''], argChoices) }),
  };
}

function valueOf(command: string | undefined, words: readonly string[] | undefined): ValueSource {
  if (command !== undefined) return { kind: 'asked', command };
  return words === undefined ? { kind: 'files' } : { kind: 'words', words };
}

const help: CompletedOption = { flags: ['-h', '--help'], summary: 'display help for command' };

/** The flags of options before the command that are followed by a value. */
export function valuedFlags(options: readonly CompletedOption[]): readonly string[] {
  return options.filter(({ value }) => value !== undefined).flatMap(({ flags }) => flags);
}

/** `_calico_agent`: shells allow no hyphen in the name of a function. */
export function functionOf(program: string): string {
  return `_${program.replaceAll('-', '_')}`;
}
