/** calico-agent adopt: takes over what the charm, calicoctl or a person made with the same meaning. */
import type { Command } from 'commander';
import type { AdoptableObject } from '../../../core/plan/adopt/adoption.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import {
  createAgentClient,
  expectAnswer,
  jsonOf,
  surveyTimeoutMs,
} from '../daemon/agent-client.ts';
import { isAdoptableAnswer, type AdoptableAnswer } from '../daemon/answers.ts';
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

type AdoptOptions = SocketOptions & OutputOptions & YesOptions;

export function addAdopt(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('adopt')
    .summary('take over what somebody else made with the same meaning')
    .description(
      'Shows what is in the datastore with the same meaning as the accepted configuration, made by ' +
        'the charm, calicoctl or a person; with --yes takes it over, without a session going down. ' +
        'What stays keeps its name; of what is replaced, ours is there first.',
    );
  addYesOption(addOutputOption(addSocketOption(command)), 'take it over')
    .addHelpText(
      'after',
      examples([
        ['what could be taken over, and what becomes of it?', 'calico-agent adopt'],
        ['take it over', 'calico-agent adopt --yes'],
      ]),
    )
    .action(ending((options: AdoptOptions) => adopt(options, world)));
}

async function adopt(
  { socket, output, yes = false }: AdoptOptions,
  world: CliWorld,
): Promise<ExitStatus> {
  const client = createAgentClient(socket);
  const timeoutMs = surveyTimeoutMs;
  const asked = yes
    ? client.change({ method: 'POST', path: '/v1/adopt', timeoutMs })
    : client.read({ method: 'GET', path: '/v1/adoptable', timeoutMs });
  const answer = jsonOf(await asked);
  const found = expectAnswer(answer, isAdoptableAnswer);
  await printAnswer(world.stdout, output, found, (safe) => adoptText(safe, yes));
  return 0;
}

function adoptText({ objects }: AdoptableAnswer, done: boolean): string {
  if (objects.length === 0) return 'nothing to adopt';
  const heading = ['OBJECT', 'STANDS FOR', 'WHAT BECOMES OF IT', 'MADE BY'];
  const rows = objects.map((object) => [
    `${object.kind} ${object.name}`,
    object.standsFor,
    fates[object.fate],
    makersOf(object),
  ]);
  const end = done
    ? takenOver(objects)
    : 'nothing is changed yet: calico-agent adopt --yes takes over all of them';
  return `${formatTable(heading, rows)}\n${end}`;
}

/** The marks are written by now; ours takes the place of others in the pass that follows. */
function takenOver(objects: AdoptableAnswer['objects']): string {
  const replaced = objects.filter(({ fate }) => fate === 'replaced').length;
  const end = `${counted(objects.length, 'object')} taken over`;
  return replaced === 0
    ? end
    : `${end}; of these ${String(replaced)} will be replaced by ours next: calico-agent status`;
}

const fates: Readonly<Record<AdoptableObject['fate'], string>> = {
  stays: 'stays, with our marks',
  replaced: 'replaced by ours',
};

function makersOf({ writers }: AdoptableObject): string {
  const names = [...new Set(writers.map(({ manager }) => manager))];
  return names.length === 0 ? 'not known' : names.join(', ');
}
