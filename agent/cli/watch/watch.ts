/**
 * calico-agent watch: shows a running change in place, or as plain lines where stdout is no
 * terminal.
 */
import type { Command } from 'commander';
import { setTimeout as rest } from 'node:timers/promises';
import { printable } from '../../../core/printable.ts';
import { sessionCountText } from '../../../core/sessions/count-sessions.ts';
import { examples, type SocketOptions } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { eventText } from '../../../runtime/cli/events/event-text.ts';
import { progressText } from '../output/status-text.ts';
import { createObserver, type Observer } from './observer.ts';
import { isTerminal, openScreen, type TerminalStream } from './screen.ts';
import { viewOf, type Snapshot } from './view.ts';

const everyMs = 1000;

export function addWatch(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('watch')
    .summary('show a change while it runs, until q')
    .description(
      'Shows the revision, the step that runs, the gates that a change waits at, the BGP sessions ' +
        'and the last events, and draws them anew each second. q or Ctrl-C ends it. Where stdout is ' +
        'no terminal it prints a line for each change. NO_COLOR=1 leaves the colours out.',
    );
  addSocketOption(command)
    .addHelpText(
      'after',
      examples([
        ['while a change runs', 'calico-agent watch'],
        ['into a file', 'calico-agent watch | tee night.log'],
      ]),
    )
    .action(toAction(({ socket }: SocketOptions) => watch(socket, context)));
}

async function watch(socket: string, context: CommandContext): Promise<ExitStatus> {
  const observer = createObserver(createAgentClient(socket));
  const { stdout } = context;
  if (isTerminal(stdout)) await watchOnScreen(observer, stdout, context);
  else await watchAsLines(observer, stdout);
  return 0;
}

async function watchOnScreen(
  observer: Observer,
  stdout: TerminalStream,
  { stdin, environment }: CommandContext,
): Promise<void> {
  const end = new AbortController();
  // Before the screen is switched, so that an error stays on the usual one.
  let snapshot = await observer.look(end.signal);
  const draw = (): void => screen.draw(viewOf(snapshot, screen.size(), Date.now()));
  const screen = openScreen({
    stdin,
    stdout,
    hasColors: (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb',
    quit: () => end.abort(),
    resized: () => draw(),
  });
  try {
    while (!end.signal.aborted) {
      draw();
      await rest(everyMs, undefined, { signal: end.signal });
      snapshot = await observer.look(end.signal);
    }
  } catch (error) {
    if (!end.signal.aborted) throw error;
  } finally {
    screen.close();
  }
}

/** Prints lines until the reader goes away, or Ctrl-C ends the process. */
async function watchAsLines(observer: Observer, stdout: NodeJS.WritableStream): Promise<never> {
  const { signal } = new AbortController();
  let shown = '';
  let lastEvent: number | undefined;
  for (;;) {
    const snapshot = await observer.look(signal);
    const text = stateText(snapshot);
    if (text !== shown) await write(stdout, `${text}\n`);
    shown = text;
    const { events } = snapshot;
    // Earlier events are for `calico-agent events`.
    const from = lastEvent;
    const added = from === undefined ? [] : events.filter(({ id }) => id > from);
    lastEvent = events.at(-1)?.id ?? lastEvent ?? 0;
    await write(stdout, added.map((event) => `${eventText(event)}\n`).join(''));
    await rest(everyMs);
  }
}

function stateText({ status, silence }: Snapshot): string {
  if (silence !== undefined) return printable(`no answer from the daemon: ${silence}`);
  const { sessions } = status;
  const count = sessions === undefined ? '' : `; ${sessionCountText(sessions)}`;
  return printable(`${status.node}: ${progressText(status)}${count}`);
}
