/** calico-controller propose, proposals and proposal: configurations that wait for approvals. */
import { withoutNotes } from '../../../core/issue.ts';
import { printable } from '../../../core/printable.ts';
import { formatIssue } from '../../../core/issue-text.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
import {
  addOutputOption,
  configArgument,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer, write } from '../../../runtime/cli/print.ts';
import { mediaTypeOf, readConfig } from '../../../runtime/cli/read-input.ts';
import { reportRefusal } from '../../../runtime/cli/refusal.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ProposalAnswer } from '../../../schemas/generated/controller-api/proposal-answer.ts';
import type {
  Proposals,
  ProposalView,
} from '../../../schemas/generated/controller-api/proposals.ts';
import { proposalAnswer, proposalsAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient, reading } from '../controller-client.ts';

type Options = SocketOptions & OutputOptions;

interface ProposeOptions extends Options {
  readonly message?: string;
}

/** A check against thousands of nodes takes a while. */
const checkMs = 120_000;

export const addPropose: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('propose')
    .summary('propose a configuration, which others approve')
    .description(
      'Checks a configuration against all known nodes, and keeps it on the controller until somebody ' +
        'applies, rejects or withdraws it. Nothing is sent to the nodes. It counts for the revision that is ' +
        'the newest now: after another push it has to be proposed again.',
    )
    .argument('<config>', configArgument)
    .option('-m, --message <text>', 'what it changes, and why');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['propose', 'calico-controller propose network.yaml -m "two more racks"'],
        ['what waits?', 'calico-controller proposals'],
      ]),
    )
    .action(
      toAction((config: string, options: ProposeOptions) => propose(config, options, context)),
    );
};

async function propose(
  path: string,
  { socket, output, message }: ProposeOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { by, stdout, stderr } = context;
  const { name, text } = await readConfig(path, context);
  const query = new URLSearchParams({ by, ...(message !== undefined && { message }) });
  try {
    const answer = await answerOf(
      createControllerClient(socket).change({
        method: 'POST',
        path: `/v1/proposals?${query.toString()}`,
        body: text,
        mediaType: mediaTypeOf(text),
        timeoutMs: checkMs,
      }),
      proposalAnswer,
    );
    await write(stderr, formatIssues([{ name, issues: withoutNotes(answer.issues ?? []) }]));
    await printAnswer(stdout, output, answer, ({ proposal }) => proposedText(proposal));
    return 0;
  } catch (error) {
    return await reportRefusal(error, { program: 'calico-controller', name }, context);
  }
}

function proposedText({ id, required }: ProposalView): string {
  const next =
    required === 0
      ? `calico-controller apply ${id}`
      : `calico-controller approve ${id}, then calico-controller apply ${id}`;
  return `proposal ${id} waits: ${next}`;
}

export const addProposals: AddControllerCommand = reading<Proposals>({
  name: 'proposals',
  summary: 'list the proposed configurations',
  description: 'Lists the proposals: those that wait, and the last 100 others.',
  examples: [['what waits?', 'calico-controller proposals']],
  path: '/v1/proposals',
  answer: proposalsAnswer,
  text: proposalsText,
});

function proposalsText({ proposals }: Proposals): string {
  if (proposals.length === 0) return 'there is no proposal; calico-controller propose makes one';
  const rows = proposals.map((one) => [
    String(one.id),
    stateText(one),
    `${one.approvals.length}/${one.required}`,
    one.by,
    one.at,
    one.message ?? '',
  ]);
  return formatTable(['ID', 'STATE', 'APPROVALS', 'BY', 'AT', 'MESSAGE'], rows);
}

function stateText({ state, outdated }: ProposalView): string {
  return outdated === true ? 'outdated' : state;
}

export const addProposal: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('proposal')
    .summary('show one proposal, with its check')
    .description(
      'Shows one proposal: its text, who approved it, and what the check against the nodes finds now.',
    )
    .argument('<id>', 'the number of the proposal');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['for a person', 'calico-controller proposal 3'],
        ['its text', 'calico-controller proposal 3 -o json | jq -r .text'],
      ]),
    )
    .action(toAction((id: string, options: Options) => show(id, options, context)));
};

async function show(
  id: string,
  { socket, output }: Options,
  { stdout }: CommandContext,
): Promise<ExitStatus> {
  const path = `/v1/proposals/${encodeURIComponent(id)}`;
  const asking = createControllerClient(socket).read({ method: 'GET', path, timeoutMs: checkMs });
  const answer = await answerOf(asking, proposalAnswer);
  // Of the text as it came: in the answer that is safe to print its line breaks are escaped.
  const lines = (answer.text?.split(/\r?\n/) ?? []).map((line) => `  ${printable(line)}`.trimEnd());
  await printAnswer(stdout, output, answer, (safe) => proposalText(safe, lines));
  return 0;
}

/** @param lines of its text, indented, so that none looks like a line of ours */
function proposalText(
  { proposal, issues: found }: ProposalAnswer,
  lines: readonly string[],
): string {
  const issues = found === undefined ? undefined : withoutNotes(found);
  const { id, by, at, message, base, approvals, required, closed, digest } = proposal;
  const rows: readonly (readonly [string, string])[] = [
    ['proposal', `${id}, by ${by} at ${at}`],
    ...(message === undefined ? [] : [['message', message] as const]),
    ['state', stateText(proposal)],
    ['for', base.number === 0 ? 'the first revision' : `revision ${base.number} as the newest`],
    ['digest', digest],
    ['approvals', `${approvals.length} of ${required}${namesText(approvals)}`],
    ...(closed === undefined ? [] : [[proposal.state, closedText(closed)] as const]),
    ...(issues === undefined ? [] : [['check', issues.length === 0 ? 'no finding' : ''] as const]),
  ];
  return [
    ...rows.map(([title, value]) => `${title.padEnd(11)}${value}`.trimEnd()),
    ...(issues ?? []).map((issue) => formatIssue(issue, 'proposal')),
    ...(lines.length === 0 ? [] : ['', ...lines]),
  ].join('\n');
}

function namesText(approvals: ProposalView['approvals']): string {
  return approvals.length === 0 ? '' : `: ${approvals.map(({ by }) => by).join(', ')}`;
}

function closedText({ by, at, reason, revision }: NonNullable<ProposalView['closed']>): string {
  const why = reason === undefined ? '' : `: ${reason}`;
  const as = revision === undefined ? '' : `, as revision ${revision}`;
  return `by ${by} at ${at}${as}${why}`;
}
