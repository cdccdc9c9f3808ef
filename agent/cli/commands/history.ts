/** calico-agent history: what this node was told, by whom, and what became of it. */
import type { Command } from 'commander';
import { formatTable } from '../../../runtime/cli/table.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RevisionSummary } from '../../app/agent.ts';
import { createAgentClient, expectAnswer, jsonOf } from '../daemon/agent-client.ts';
import { counted } from '../output/issue-report.ts';
import { isRevisionsAnswer, type RevisionsAnswer } from '../daemon/answers.ts';
import {
  addOutputOption,
  addSocketOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../options.ts';
import { printAnswer, write } from '../output/print.ts';
import { revisionText } from '../output/revision-text.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

interface HistoryOptions extends SocketOptions, OutputOptions {
  readonly stateDirectory: string;
}

const defaultStateDirectory = '/var/lib/calico-agent';

export function addHistory(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('history')
    .summary('list the revisions, newest first')
    .description(
      'Lists the revisions that this node accepted, newest first: from whom, and what became of ' +
        'each. Works with the daemon dead, too: then it reads the state directory (as root).',
    )
    .option(
      '--state-directory <path>',
      'where to read when no daemon answers',
      defaultStateDirectory,
    );
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['who changed what?', 'calico-agent history'],
        ['the newest', "calico-agent history -o json | jq '.revisions[0]'"],
      ]),
    )
    .action(ending((options: HistoryOptions) => history(options, world)));
}

async function history(options: HistoryOptions, world: CliWorld): Promise<ExitStatus> {
  const answer = await readRevisions(options, world);
  await printAnswer(world.stdout, options.output, answer, historyText);
  return 0;
}

async function readRevisions(
  { socket, stateDirectory }: HistoryOptions,
  world: CliWorld,
): Promise<RevisionsAnswer> {
  try {
    const answer = await createAgentClient(socket).read({ method: 'GET', path: '/v1/revisions' });
    return expectAnswer(jsonOf(answer), isRevisionsAnswer);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not-listening') throw error;
    const revisions = await world.readHistory(stateDirectory);
    await write(world.stderr, `no daemon answers; this is what "${stateDirectory}" holds\n`);
    return { revisions };
  }
}

function historyText({ revisions }: RevisionsAnswer): string {
  if (revisions.length === 0) return 'no revision was accepted yet';
  return formatTable(['REVISION', 'ACCEPTED', 'BY', 'IS', 'OUTCOME'], revisions.map(rowOf));
}

function rowOf(revision: RevisionSummary): string[] {
  const { acceptedAt, by, states } = revision;
  return [revisionText(revision), acceptedAt, by, states.join(', ') || '-', outcomeOf(revision)];
}

function correctedText({
  times,
  changes,
}: NonNullable<NonNullable<RevisionSummary['outcome']>['corrected']>): string {
  return `put right ${counted(times, 'time')} since, ${counted(changes, 'change')}`;
}

function outcomeOf({ outcome, rejection, states }: RevisionSummary): string {
  if (rejection !== undefined) return `rejected: ${rejection.reason}`;
  if (outcome === undefined) {
    const isSo = states.includes('in-force') || states.includes('confirmed');
    return isSo ? 'applied' : 'not applied';
  }
  const { result, changes, reason, corrected } = outcome;
  if (result === 'applied') {
    const written = changes === 0 ? 'nothing had to be changed' : counted(changes, 'change');
    return `applied, ${written}${corrected === undefined ? '' : `; ${correctedText(corrected)}`}`;
  }
  return `failed${reason === undefined ? '' : `: ${reason}`}`;
}
