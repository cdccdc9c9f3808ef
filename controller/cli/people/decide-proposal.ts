/** calico-controller approve, reject and withdraw: decisions about a proposal. */
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { proposalAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';

interface Options extends SocketOptions, OutputOptions {
  readonly reason?: string;
}

const idArgument = 'the number of the proposal';

export const addApprove: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('approve')
    .summary('approve a proposal')
    .description(
      'Approves a proposal with its strategy and options. Where controller.yaml says so, neither the person ' +
        'who proposed it nor the author of its commit can. It is refused if another configuration is the ' +
        'newest one by now.',
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
    const { id: number, counted, required } = answer.proposal;
    const count = what === 'approve' ? `: ${counted} of ${required} approvals` : '';
    const isNext = what === 'approve' && counted >= required;
    return `proposal ${number} ${done}${count}${isNext ? `; calico-controller apply ${number}` : ''}`;
  });
  return 0;
}
