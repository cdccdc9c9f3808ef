/** calico-agent history: the revisions of this node, who sent them, and how each ended. */
import { counted } from '../../../runtime/cli/issue-report.ts';
import type { OutputOptions, SocketOptions } from '../../../runtime/cli/options.ts';
import { revisionAndDigest } from '../../../runtime/cli/revision-and-digest.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { CommandContext } from '../command-context.ts';
import { reading } from '../daemon/agent-client.ts';
import type { RevisionSummary } from '../../app/state/history.ts';
import { addStateDirectoryOption, onDisk, type StateDirectoryOptions } from '../state-directory.ts';
import { revisionsAnswer } from '../daemon/answers.ts';

interface History {
  readonly revisions: readonly RevisionSummary[];
}

type HistoryOptions = SocketOptions & OutputOptions & StateDirectoryOptions;

export const addHistory = reading<History, HistoryOptions>({
  name: 'history',
  summary: 'list the revisions, newest first',
  description:
    'Lists the revisions that this node accepted, newest first: who sent each, and how it ended. ' +
    'Without a running daemon the command reads the state directory (as root).',
  examples: [
    ['who changed what?', 'calico-agent history'],
    ['the newest', "calico-agent history -o json | jq '.revisions[0]'"],
  ],
  options: addStateDirectoryOption,
  path: '/v1/revisions',
  answer: revisionsAnswer,
  text: historyText,
  withoutDaemon: readFromDisk,
});

async function readFromDisk(options: HistoryOptions, context: CommandContext): Promise<History> {
  return { revisions: await onDisk(options, context, context.readHistory) };
}

function historyText({ revisions }: History): string {
  if (revisions.length === 0) return 'no revision was accepted yet';
  return formatTable(['REVISION', 'ACCEPTED', 'BY', 'IS', 'OUTCOME'], revisions.map(rowOf));
}

function rowOf(revision: RevisionSummary): string[] {
  const { acceptedAt, by, states } = revision;
  return [
    revisionAndDigest(revision),
    acceptedAt,
    by,
    states.join(', ') || '-',
    outcomeOf(revision),
  ];
}

function correctedText({
  times,
  changes,
}: NonNullable<NonNullable<RevisionSummary['outcome']>['corrected']>): string {
  return `written again ${counted(times, 'time')} since, ${counted(changes, 'change')}`;
}

function outcomeOf({ outcome, rejection, states }: RevisionSummary): string {
  if (rejection !== undefined) return `rejected: ${rejection.reason}`;
  if (outcome === undefined) {
    const isApplied = states.includes('in-force') || states.includes('confirmed');
    return isApplied ? 'applied' : 'not applied';
  }
  const { result, changes, reason, corrected } = outcome;
  if (result === 'applied') {
    const written = changes === 0 ? 'no change was needed' : counted(changes, 'change');
    return `applied, ${written}${corrected === undefined ? '' : `; ${correctedText(corrected)}`}`;
  }
  return `failed${reason === undefined ? '' : `: ${reason}`}`;
}
