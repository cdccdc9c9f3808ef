/** calico-agent history: the revisions of this node, who sent them, and how each ended. */
import { counted } from '../../../runtime/cli/issue-report.ts';
import type { OutputOptions, SocketOptions } from '../../../runtime/cli/options.ts';
import { revisionAndDigest } from '../../../runtime/cli/revision-and-digest.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { CommandContext } from '../command-context.ts';
import { reading } from '../daemon/agent-client.ts';
import type { RevisionHistory, RevisionSummary } from '../../app/state/history.ts';
import { addStateDirectoryOption, onDisk, type StateDirectoryOptions } from '../state-directory.ts';
import { revisionsAnswer } from '../daemon/answers.ts';

type HistoryOptions = SocketOptions & OutputOptions & StateDirectoryOptions;

export const addHistory = reading<RevisionHistory, HistoryOptions>({
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

async function readFromDisk(
  options: HistoryOptions,
  context: CommandContext,
): Promise<RevisionHistory> {
  return onDisk(options, context, context.readHistory);
}

function historyText({ revisions, unread = [] }: RevisionHistory): string {
  if (revisions.length === 0) return 'no revision was accepted yet';
  const rows = revisions.map((revision) => rowOf(revision, unread.length === 0));
  const table = formatTable(['REVISION', 'ACCEPTED', 'BY', 'IS', 'OUTCOME'], rows);
  return [table, ...unreadText(unread)].join('\n');
}

function unreadText(unread: NonNullable<RevisionHistory['unread']>): readonly string[] {
  const [first] = unread;
  if (first === undefined) return [];
  const what = `${counted(unread.length, 'change')} of the history cannot be read now`;
  return [`${what}, so outcomes may be missing: ${first.why}`];
}

/** @param isWhole all changes could be read */
function rowOf(revision: RevisionSummary, isWhole: boolean): string[] {
  const { acceptedAt, by, states } = revision;
  return [
    revisionAndDigest(revision),
    acceptedAt,
    by,
    states.join(', ') || '-',
    outcomeOf(revision, isWhole),
  ];
}

function correctedText({
  times,
  changes,
}: NonNullable<NonNullable<RevisionSummary['outcome']>['corrected']>): string {
  return `written again ${counted(times, 'time')} since, ${counted(changes, 'change')}`;
}

function outcomeOf({ outcome, rejection, states }: RevisionSummary, isWhole: boolean): string {
  if (rejection !== undefined) return `rejected: ${rejection.reason}`;
  if (outcome === undefined) {
    const isApplied = states.includes('in-force') || states.includes('confirmed');
    if (isApplied) return 'applied';
    return isWhole ? 'not applied' : 'unknown';
  }
  const { result, changes, reason, corrected } = outcome;
  if (result === 'applied') {
    const written = changes === 0 ? 'no change was needed' : counted(changes, 'change');
    return `applied, ${written}${corrected === undefined ? '' : `; ${correctedText(corrected)}`}`;
  }
  return `failed${reason === undefined ? '' : `: ${reason}`}`;
}
