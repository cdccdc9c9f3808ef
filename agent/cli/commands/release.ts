/** calico-agent release: gives back what is ours, and leaves everything as it is. */
import type { Command } from 'commander';
import { formatTable } from '../../../runtime/cli/table.ts';
import {
  createAgentClient,
  expectAnswer,
  jsonOf,
  surveyTimeoutMs,
} from '../daemon/agent-client.ts';
import { isOwnedAnswer, type OwnedAnswer } from '../daemon/answers.ts';
import { counted } from '../output/issue-report.ts';
import {
  addOutputOption,
  addSocketOption,
  addYesOption,
  examples,
  type OutputOptions,
  type SocketOptions,
  type YesOptions,
} from '../options.ts';
import { printAnswer } from '../output/print.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

type ReleaseOptions = SocketOptions & OutputOptions & YesOptions;

export function addRelease(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('release')
    .summary('give back what is ours; everything stays as it is')
    .description(
      "Shows what carries the agent's marks; with --yes takes the marks off and forgets the " +
        'configuration. Nothing is deleted and no session drops; afterwards whoever edits the ' +
        'objects owns them.',
    );
  addYesOption(addOutputOption(addSocketOption(command)), 'give it back')
    .addHelpText(
      'after',
      examples([
        ['what would be given back?', 'calico-agent release'],
        ['before the agent is uninstalled', 'calico-agent release --yes'],
      ]),
    )
    .action(ending((options: ReleaseOptions) => release(options, world)));
}

async function release(
  { socket, output, yes = false }: ReleaseOptions,
  world: CliWorld,
): Promise<ExitStatus> {
  const client = createAgentClient(socket);
  const timeoutMs = surveyTimeoutMs;
  const asked = yes
    ? client.change({ method: 'POST', path: '/v1/release', timeoutMs })
    : client.read({ method: 'GET', path: '/v1/owned', timeoutMs });
  const answer = jsonOf(await asked);
  const found = expectAnswer(answer, isOwnedAnswer);
  await printAnswer(world.stdout, output, found, (safe) => releaseText(safe, yes));
  return 0;
}

function releaseText({ objects, left = [] }: OwnedAnswer, done: boolean): string {
  if (!done && objects.length === 0) return 'nothing carries our marks';
  return [
    ...(objects.length === 0 ? [] : [objectTable(objects)]),
    done
      ? `${counted(objects.length, 'object')} given back; the configuration is forgotten`
      : 'nothing is changed yet: calico-agent release --yes gives all of them back',
    ...(left.length === 0
      ? []
      : [
          objectTable(left),
          `${counted(left.length, 'object')} still marked as ours: this agent may not write them; release them where the agent that holds the writer lease runs`,
        ]),
  ].join('\n');
}

function objectTable(objects: OwnedAnswer['objects']): string {
  const rows = objects.map(({ kind, name, scope }) => [`${kind} ${name}`, scope]);
  return formatTable(['OBJECT', 'SCOPE'], rows);
}
