/** calico-controller events: shows what happened in the fleet, and follows what happens. */
import { Option } from 'commander';
import { printable } from '../../core/printable.ts';
import { answerOf } from '../../runtime/cli/daemon-client.ts';
import { eventText } from '../../runtime/cli/events/event-text.ts';
import { followEvents } from '../../runtime/cli/events/follow.ts';
import { sinceOption } from '../../runtime/cli/events/since.ts';
import { examples, type SocketOptions } from '../../runtime/cli/options.ts';
import { write } from '../../runtime/cli/print.ts';
import type { ExitStatus } from '../../runtime/cli/terminal.ts';
import type { FleetEvents } from '../../schemas/generated/controller-api/fleet-events.ts';
import { fleetEventsAnswer } from './answers.ts';
import type { AddControllerCommand, CommandContext } from './command-context.ts';
import { addSocketOption, createControllerClient } from './controller-client.ts';

type FleetEvent = FleetEvents['events'][number];

interface EventsOptions extends SocketOptions {
  readonly follow?: boolean;
  readonly since?: string;
  readonly output: 'text' | 'json';
}

export const addEvents: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('events')
    .summary('show what happened in the fleet')
    .description(
      'Shows the last 2,000 events of the fleet since the controller was started, oldest first: ' +
        'revisions and decisions of people, nodes that connect, confirm, fail or roll back, BGP ' +
        'sessions that go down. Nodes with the same change share an event. A single node has more ' +
        'events of its own: calico-agent events.',
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
  addSocketOption(command)
    .addHelpText(
      'after',
      examples([
        ['what happened in the last hour?', 'calico-controller events --since 1h'],
        ['as it happens', 'calico-controller events --follow'],
      ]),
    )
    .action(toAction((options: EventsOptions) => showEvents(options, context)));
};

async function showEvents(
  { socket, follow = false, since, output }: EventsOptions,
  { stdout, stderr }: CommandContext,
): Promise<ExitStatus> {
  const line = output === 'json' ? jsonLine : textLine;
  const print = (events: readonly FleetEvent[]): Promise<void> =>
    write(stdout, events.map(line).join(''));
  const client = createControllerClient(socket);
  const query = since === undefined ? '' : `?since=${encodeURIComponent(since)}`;
  const reading = client.read({ method: 'GET', path: `/v1/events${query}` });
  const { events, last } = await answerOf(reading, fleetEventsAnswer);
  await print(events);
  if (!follow) return 0;
  const away = (reason: string): Promise<void> =>
    write(stderr, `waiting for the controller: ${printable(reason)}\n`);
  return followEvents({ client, form: fleetEventsAnswer, from: last, print, away });
}

function textLine(event: FleetEvent): string {
  return `${eventText(event)}\n`;
}

function jsonLine(event: FleetEvent): string {
  return `${JSON.stringify(event)}\n`;
}
