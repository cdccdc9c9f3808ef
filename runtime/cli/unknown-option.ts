/** Says where an option belongs that a command does not have; commander itself names a similar one. */
import type { Command } from 'commander';
import { nearestName } from '../../core/nearest-name.ts';
import { nameSome } from '../../core/name-some.ts';

/** commander compares the whole argument, also with `=VALUE`, and finds what differs in so many letters. */
const slips = 3;

/** @param argv the arguments, of which one is an unknown option @returns a line for the person, if there is something to say */
export function whereItBelongs(program: Command, argv: readonly string[]): string | undefined {
  const { path, command, at } = commandOf(program, argv);
  const own = flagsOf(command);
  const before = flagsOf(program);
  const given = argv
    .slice(at)
    .filter((word) => word.startsWith('--') && word !== '--')
    .find((word) => !own.includes(nameIn(word)));
  if (given === undefined || command === program) return undefined;
  const flag = nameIn(given);
  const called = path.join(' ');
  if (before.includes(flag)) {
    return `${flag} stands before the command: ${program.name()} ${flag} … ${called}`;
  }
  const others = commandsWith(program, flag);
  if (others.length > 0) return `${flag} is an option of: ${nameSome(others)}`;
  const begun = own.filter((name) => name.startsWith(flag));
  const meant = begun.length === 1 ? begun[0] : nearestName(flag, own);
  if (meant === undefined || Math.abs(meant.length - given.length) <= slips) return undefined;
  return `did you mean ${meant}?`;
}

interface FoundCommand {
  /** `rollout`, `start`. */
  readonly path: readonly string[];
  readonly command: Command;
  /** The index of the first argument behind it. */
  readonly at: number;
}

function commandOf(program: Command, argv: readonly string[]): FoundCommand {
  let found: FoundCommand = { path: [], command: program, at: 0 };
  for (const [index, word] of argv.entries()) {
    const next = found.command.commands.find((one) => one.name() === word);
    if (next === undefined) continue;
    found = { path: [...found.path, word], command: next, at: index + 1 };
  }
  return found;
}

function nameIn(word: string): string {
  return word.split('=')[0] ?? word;
}

function flagsOf(command: Command): readonly string[] {
  return [...command.options.flatMap(({ long }) => (long ? [long] : [])), '--help'];
}

function commandsWith(program: Command, flag: string): readonly string[] {
  return program.commands.flatMap((command) =>
    [command, ...command.commands].flatMap((one) =>
      !flagsOf(one).includes(flag)
        ? []
        : [one === command ? command.name() : `${command.name()} ${one.name()}`],
    ),
  );
}
