/** A program of commands: parses arguments, runs one command, and reports how it ended. */
import { Command, CommanderError } from 'commander';
import { withoutNotes } from '../../core/issue.ts';
import { printable, printableLines } from '../../core/printable.ts';
import { AppError, exitStatusOf, reasonOf, systemCodeOf, type ErrorCode } from '../errors.ts';
import { version } from '../version.ts';
import { formatIssues } from './issue-report.ts';
import { examples, type Example } from './options.ts';
import { write } from './print.ts';
import type { ExitStatus, Terminal } from './terminal.ts';
import { whereItBelongs } from './unknown-option.ts';

/** Turns a function that returns an exit status into a commander action. */
export type ToAction = <A extends unknown[]>(
  run: (...args: A) => Promise<ExitStatus>,
) => (...args: A) => Promise<void>;

/** Adds one command to the program. */
export type AddCommand<C extends Terminal> = (
  program: Command,
  context: C,
  toAction: ToAction,
) => void;

export interface Program<C extends Terminal> {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly Example[];
  /** The last line of the help. */
  readonly exitStatuses: string;
  /** Adds options that stand before the command. */
  readonly options?: (program: Command) => void;
  /** The commands in the order of the help. */
  readonly commands: readonly AddCommand<C>[];
  /** Hints for errors whose message cannot have one. */
  readonly hints?: Readonly<Partial<Record<ErrorCode, string>>>;
}

/** @param argv the arguments, without the interpreter and the program */
export async function runProgram<C extends Terminal>(
  program: Program<C>,
  argv: readonly string[],
  context: C,
): Promise<ExitStatus> {
  // The writer of a text awaits its failure; without a listener the event would end the process.
  const ignore = (): void => undefined;
  context.stdout.on('error', ignore);
  try {
    return await runCommand(program, argv, context);
  } catch (error) {
    return await reportFailure(program, error, context);
  } finally {
    context.stdout.off('error', ignore);
  }
}

async function runCommand<C extends Terminal>(
  program: Program<C>,
  argv: readonly string[],
  context: C,
): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const toAction: ToAction =
    (run) =>
    async (...args) => {
      status = await run(...args);
    };
  const built = buildProgram(program, context, toAction);
  try {
    await built.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.code !== 'commander.unknownOption') throw error;
    const hint = whereItBelongs(built, argv);
    if (hint !== undefined) await write(context.stderr, `(${printable(hint)})\n`);
    throw error;
  }
  return status;
}

function buildProgram<C extends Terminal>(
  { name, description, examples: lines, exitStatuses, commands, options }: Program<C>,
  context: C,
  toAction: ToAction,
): Command {
  const program = new Command(name)
    .description(description)
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(printableLines(text)),
      writeErr: (text) => void context.stderr.write(printableLines(text)),
    })
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', `${examples(lines)}\n\n${exitStatuses}`);
  options?.(program);
  for (const add of commands) add(program, context, toAction);
  return program;
}

async function reportFailure(
  { name, hints = {} }: Pick<Program<never>, 'name' | 'hints'>,
  error: unknown,
  { stderr }: Terminal,
): Promise<ExitStatus> {
  // Help and version end this way too; commander has written their text.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // The reader closed the pipe: calico-agent render … | head.
  if (systemCodeOf(error) === 'EPIPE') return 0;
  // Without a source the message says what the issues say.
  if (error instanceof AppError && error.source !== undefined) {
    const issues = withoutNotes(error.issues);
    await write(stderr, formatIssues([{ name: error.source, issues }]));
  }
  const hint = error instanceof AppError ? hints[error.code] : undefined;
  const hintLine = hint === undefined ? '' : `  hint: ${hint}\n`;
  await write(stderr, `${name}: ${printable(reasonOf(error))}\n${hintLine}`);
  return exitStatusOf(error);
}
