/** calico-controller approve, reject, withdraw and apply: decisions about a proposal. */
import { revisionText } from '../../../core/revision/revision-text.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  parseTime,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { appliedAnswer, proposalAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';

interface Options extends SocketOptions, OutputOptions {
  readonly reason?: string;
  readonly confirmWithin?: number;
}

const idArgument = 'the number of the proposal';

export const addApprove: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('approve')
    .summary('approve a proposal')
    .description(
      'Approves a proposal. Where controller.yaml says so, the person who proposed it cannot. A proposal ' +
        'is refused if another configuration is the newest one by now.',
    )
    .argument('<id>', idArgument);
  addOutputOption(addSocketOption(command))
    .addHelpText('after', examples([['after a look at it', 'calico-controller approve 3']]))
    .action(
      toAction((id: string, options: Options) =>
        decide(id, 'approve', 'is approved', options, context),
      ),
    );
};

export const addReject: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('reject')
    .summary('reject a proposal')
    .description('Rejects a proposal, so that nobody can apply it.')
    .argument('<id>', idArgument)
    .option('--reason <text>', 'why');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([['it is wrong', 'calico-controller reject 3 --reason "rack 4 is away"']]),
    )
    .action(
      toAction((id: string, options: Options) =>
        decide(id, 'reject', 'is rejected', options, context),
      ),
    );
};

export const addWithdraw: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('withdraw')
    .summary('withdraw a proposal of your own')
    .description('Withdraws a proposal of your own, so that nobody can apply it.')
    .argument('<id>', idArgument);
  addOutputOption(addSocketOption(command))
    .addHelpText('after', examples([['a better one follows', 'calico-controller withdraw 3']]))
    .action(
      toAction((id: string, options: Options) =>
        decide(id, 'withdraw', 'is withdrawn', options, context),
      ),
    );
};

async function decide(
  id: string,
  what: 'approve' | 'reject' | 'withdraw',
  done: string,
  { socket, output, reason }: Options,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams({ by, ...(reason !== undefined && { reason }) }).toString();
  const proposal = `/v1/proposals/${encodeURIComponent(id)}`;
  const deciding = createControllerClient(socket).change(
    what === 'withdraw'
      ? { method: 'DELETE', path: `${proposal}?${query}` }
      : { method: 'POST', path: `${proposal}/${what}?${query}` },
  );
  await printAnswer(stdout, output, await answerOf(deciding, proposalAnswer), (answer) => {
    const { approvals, required } = answer.proposal;
    const count = what === 'approve' ? `: ${approvals.length} of ${required} approvals` : '';
    return `proposal ${answer.proposal.id} ${done}${count}`;
  });
  return 0;
}

export const addApply: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('apply')
    .summary('bring a proposal that is approved to all nodes')
    .description(
      'Brings a proposal that has its approvals to all nodes, as push does. calico-controller status and ' +
        'nodes show the progress.',
    )
    .argument('<id>', idArgument)
    .option('--confirm-within <time>', 'as of push', parseTime);
  addOutputOption(addSocketOption(command))
    .addHelpText('after', examples([['it is approved', 'calico-controller apply 3']]))
    .action(toAction((id: string, options: Options) => apply(id, options, context)));
};

/** A check against thousands of nodes takes a while. */
const applyMs = 120_000;

async function apply(
  id: string,
  { socket, output, confirmWithin }: Options,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams({
    by,
    ...(confirmWithin !== undefined && { 'confirm-within': String(confirmWithin) }),
  });
  const path = `/v1/proposals/${encodeURIComponent(id)}/apply?${query.toString()}`;
  const applying = createControllerClient(socket).change({
    method: 'POST',
    path,
    timeoutMs: applyMs,
  });
  await printAnswer(
    stdout,
    output,
    await answerOf(applying, appliedAnswer),
    ({ revision, proposal }) =>
      `proposal ${proposal.id} is pushed as revision ${revisionText(revision)} (calico-controller nodes)`,
  );
  return 0;
}
