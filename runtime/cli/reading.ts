/** The frames that most commands have: one fetches and prints, the other previews and then changes. */
import type { Command } from 'commander';
import { AppError } from '../errors.ts';
import { answerOf, type AnswerForm, type DaemonClient } from './daemon-client.ts';
import {
  addOutputOption,
  addYesOption,
  examples,
  type Example,
  type OutputOptions,
  type SocketOptions,
  type YesOptions,
} from './options.ts';
import { printAnswer } from './print.ts';
import type { AddCommand } from './program.ts';
import type { ExitStatus, Terminal } from './terminal.ts';

/** The connection of a program's commands to its daemon. */
export interface Daemon {
  readonly connect: (socket: string) => DaemonClient;
  readonly addSocketOption: (command: Command) => Command;
}

interface CommandTexts {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly Example[];
}

type ReadingOptions = SocketOptions & OutputOptions;

export interface Reading<T, C extends Terminal, O extends ReadingOptions> extends CommandTexts {
  /** The path of a GET request. */
  readonly path: string;
  /** Default: that of the client. */
  readonly timeoutMs?: number;
  readonly answer: AnswerForm<T>;
  /** The answer as text. Each text of the answer is on one line, and safe to print. */
  readonly text: (answer: T) => string;
  /** Adds options of this command's own. */
  readonly options?: (command: Command) => Command;
  /** Gives the answer if the daemon does not run. */
  readonly withoutDaemon?: (options: O, context: C) => Promise<T>;
  /** Called after the answer is printed. Absent: the exit status is 0. */
  readonly afterwards?: (answer: T, options: O, context: C) => Promise<ExitStatus>;
}

/** A command that fetches an answer and prints it. */
export function reading<T, C extends Terminal, O extends ReadingOptions = ReadingOptions>(
  daemon: Daemon,
  { options: addOptions = (command) => command, ...what }: Reading<T, C, O>,
): AddCommand<C> {
  return (program, context, toAction) => {
    const read = async (options: O): Promise<ExitStatus> => {
      const answer = await fetchAnswer(daemon, what, options, context);
      await printAnswer(context.stdout, options.output, answer, what.text);
      return (await what.afterwards?.(answer, options, context)) ?? 0;
    };
    addFramed(daemon, addOptions(addNamed(program, what)), what).action(toAction(read));
  };
}

async function fetchAnswer<T, C extends Terminal, O extends ReadingOptions>(
  daemon: Daemon,
  { path, timeoutMs, answer, withoutDaemon }: Omit<Reading<T, C, O>, 'options'>,
  options: O,
  context: C,
): Promise<T> {
  try {
    const request = { method: 'GET', path, ...(timeoutMs !== undefined && { timeoutMs }) } as const;
    return await answerOf(daemon.connect(options.socket).read(request), answer);
  } catch (error) {
    const isSilent = error instanceof AppError && error.code === 'not-listening';
    if (withoutDaemon === undefined || !isSilent) throw error;
    return withoutDaemon(options, context);
  }
}

export interface Previewed<T> extends CommandTexts {
  /** The effect of --yes, as `take them over`. */
  readonly yes: string;
  /** The path of a GET request that shows what the command would do. */
  readonly preview: string;
  /** The path of a POST request that does it. */
  readonly change: string;
  readonly timeoutMs: number;
  /** The answer to `preview`. */
  readonly answer: AnswerForm<T>;
  /** The answer to `change`. Absent: as that to `preview`. */
  readonly changed?: AnswerForm<T>;
  readonly text: (answer: T, isDone: boolean) => string;
}

/** A command that shows what it would do, and does it with --yes. */
export function previewed<T, C extends Terminal>(
  daemon: Daemon,
  what: Previewed<T>,
): AddCommand<C> {
  type Options = ReadingOptions & YesOptions;
  const { preview, change, timeoutMs, answer, changed = answer, text } = what;
  return (program, context, toAction) => {
    const run = async ({ socket, output, yes = false }: Options): Promise<ExitStatus> => {
      const client = daemon.connect(socket);
      const answering = yes
        ? client.change({ method: 'POST', path: change, timeoutMs })
        : client.read({ method: 'GET', path: preview, timeoutMs });
      const given = await answerOf(answering, yes ? changed : answer);
      await printAnswer(context.stdout, output, given, (safe) => text(safe, yes));
      return 0;
    };
    addFramed(daemon, addYesOption(addNamed(program, what), what.yes), what).action(toAction(run));
  };
}

function addNamed(program: Command, { name, summary, description }: CommandTexts): Command {
  return program.command(name).summary(summary).description(description);
}

function addFramed(daemon: Daemon, command: Command, { examples: lines }: CommandTexts): Command {
  return addOutputOption(daemon.addSocketOption(command)).addHelpText('after', examples(lines));
}
