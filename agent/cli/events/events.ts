/** calico-agent events: shows this agent's last events, and follows new ones. */
import { Option, type Command } from 'commander';
import { printable } from '../../../core/printable.ts';
import { answerOf, type DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import { examples, type SocketOptions } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { EventList } from '../../../schemas/generated/agent-api/event-list.ts';
import type { LoggedEvent } from '../../../schemas/generated/logged-event.ts';
import type { CommandContext } from '../command-context.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { eventsAnswer } from '../daemon/answers.ts';
import {
  addStateDirectoryOption,
  orOnDisk,
  type StateDirectoryOptions,
} from '../state-directory.ts';
import { eventText } from '../../../runtime/cli/events/event-text.ts';
import { followEvents } from '../../../runtime/cli/events/follow.ts';
import { sinceOption } from '../../../runtime/cli/events/since.ts';

interface EventsOptions extends SocketOptions, StateDirectoryOptions {
  readonly follow?: boolean;
  readonly since?: string;
  readonly output: 'text' | 'json';
}

export function addEvents(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('events')
    .summary('show what happened at this agent')
    .description(
      'Shows the last 500 events of this agent, oldest first: changes and who asked for them, steps ' +
        'and gates, BGP sessions that go up and down, drift, holds, failures. They survive a ' +
        'restart. Without a running daemon the command reads the state directory (as root).',
    )
    .option('-f, --follow', 'go on with each new event, until Ctrl-C')
    .option(
      '--since <when>',
      'only events from then on: 30m, 2h, 1d ago, or 2026-01-31T03:00:00Z',
      sinceOption,
    )
    .addOption(
      new Option('-o, --output <form>', 'how to print; json has one event a line')
        .choices(['text', 'json'])
        .default('text'),
    );
  addStateDirectoryOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['what happened last night?', 'calico-agent events --since 8h'],
        ['as it happens', 'calico-agent events --follow'],
        ['who changed something?', "calico-agent events -o json | jq 'select(.who)'"],
      ]),
    )
    .action(toAction((options: EventsOptions) => showEvents(options, context)));
}

async function showEvents(options: EventsOptions, context: CommandContext): Promise<ExitStatus> {
  const { stdout, stderr } = context;
  const line = options.output === 'json' ? jsonLine : textLine;
  const print = (events: readonly LoggedEvent[]): Promise<void> =>
    write(stdout, events.map(line).join(''));
  const client = createAgentClient(options.socket);
  const first = await firstEvents(client, options, context);
  await print(first.events);
  if (options.follow !== true) return 0;
  const away = (reason: string): Promise<void> =>
    write(stderr, `waiting for the daemon: ${printable(reason)}\n`);
  return followEvents({ client, form: eventsAnswer, from: first.last, print, away });
}

function textLine(event: LoggedEvent): string {
  return `${eventText(event)}\n`;
}

function jsonLine(event: LoggedEvent): string {
  return `${JSON.stringify(event)}\n`;
}

async function firstEvents(
  client: DaemonClient,
  options: EventsOptions,
  context: CommandContext,
): Promise<EventList> {
  const { since: from, follow: isFollowing = false } = options;
  const query = from === undefined ? '' : `?since=${encodeURIComponent(from)}`;
  const ask = (): Promise<EventList> =>
    answerOf(client.read({ method: 'GET', path: `/v1/events${query}` }), eventsAnswer);
  if (isFollowing) return ask();
  return orOnDisk(ask, options, context, async (directory) => {
    const events = await context.readEvents(directory);
    const begin = from === undefined ? 0 : Date.parse(from);
    return { events: events.filter(({ at }) => Date.parse(at) >= begin), last: 0 };
  });
}
