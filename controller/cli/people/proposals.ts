/** calico-controller proposals and proposal: configurations that wait for approvals. */
import { printable } from '../../../core/printable.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ProposalAnswer } from '../../../schemas/generated/controller-api/proposal-answer.ts';
import type { Proposals } from '../../../schemas/generated/controller-api/proposals.ts';
import { proposalAnswer, proposalsAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { completionMs, onlyText, printWords } from '../completion/completed-words.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { proposalText, stateText } from './proposal-text.ts';

type Options = SocketOptions & OutputOptions;

/** A check against thousands of nodes takes a while. */
const checkMs = 120_000;

interface ListOptions extends Options {
  readonly open: boolean;
  readonly ids: boolean;
}

export const addProposals: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('proposals')
    .summary('list the proposed configurations')
    .description('Lists the proposals: those that wait, and the last 100 others.')
    .option('--open', 'only those that wait', false)
    .option('--ids', onlyText('the numbers'), false);
  addOutputOption(addSocketOption(command))
    .addHelpText('after', examples([['what waits?', 'calico-controller proposals --open']]))
    .action(toAction((options: ListOptions) => list(options, context)));
};

async function list(
  { socket, output, open, ids }: ListOptions,
  { stdout }: CommandContext,
): Promise<ExitStatus> {
  const asked = { method: 'GET', path: '/v1/proposals' } as const;
  const client = createControllerClient(socket);
  const reading = client.read({ ...asked, ...(ids && { timeoutMs: completionMs }) });
  const answer = await answerOf(reading, proposalsAnswer);
  const proposals = answer.proposals.filter(({ state }) => !open || state === 'open');
  if (ids) {
    return printWords(
      stdout,
      proposals.map(({ id }) => id),
    );
  }
  await printAnswer(stdout, output, { proposals }, (safe) => proposalsText(safe, open));
  return 0;
}

function proposalsText({ proposals }: Proposals, onlyOpen: boolean): string {
  if (proposals.length === 0 && onlyOpen) return 'no proposal waits';
  if (proposals.length === 0) return 'there is no proposal; calico-controller propose makes one';
  const rows = proposals.map((one) => [
    String(one.id),
    stateText(one),
    `${one.counted}/${one.required}`,
    one.plan.kind,
    one.by,
    one.at,
    one.message ?? '',
  ]);
  return formatTable(['ID', 'STATE', 'APPROVALS', 'AS', 'BY', 'AT', 'MESSAGE'], rows);
}

export const addProposal: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('proposal')
    .summary('show one proposal, with its check')
    .description(
      'Shows one proposal: who proposed it and why, how it is brought to the nodes, who approved it, the ' +
        'newest check against the nodes, and its difference to the newest revision.',
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
  const change = output === 'text' ? await changeLines(answer) : [];
  await printAnswer(stdout, output, answer, (safe) => proposalText(safe, change));
  return 0;
}

/**
 * The change, from the texts as they came: in the answer that is safe to print their line breaks are
 * escaped. It is indented, so that no line looks like one of ours.
 */
async function changeLines({ text, before, proposal }: ProposalAnswer): Promise<readonly string[]> {
  if (text === undefined) return [];
  const { unifiedDiff } = await import('../../../runtime/cli/unified-diff.ts');
  const shown =
    before === undefined
      ? text
      : unifiedDiff(
          { name: 'the newest revision', text: before },
          { name: `proposal ${proposal.id}`, text },
        );
  const lines = shown.replace(/\r?\n$/, '').split(/\r?\n/);
  return lines.map((line) => `  ${printable(line)}`.trimEnd());
}
