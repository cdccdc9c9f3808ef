/** calico-controller forget: removes nodes that will not come back. */
import { answerOf } from '../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../runtime/cli/options.ts';
import { printAnswer } from '../../runtime/cli/print.ts';
import type { ExitStatus } from '../../runtime/cli/terminal.ts';
import type { ForgottenNodes } from '../../schemas/generated/controller-api/forgotten-nodes.ts';
import { forgottenAnswer } from './answers.ts';
import type { AddControllerCommand, CommandContext } from './command-context.ts';
import { addSocketOption, createControllerClient } from './controller-client.ts';

type ForgetOptions = SocketOptions & OutputOptions;

export const addForget: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('forget')
    .summary('forget nodes that will not come back')
    .description(
      'Forgets nodes that will not come back: the controller checks each push against every node ' +
        'that it knows, also against those that are away. Needs the nodes to be disconnected.',
    )
    .argument('<node...>', 'the names of the nodes');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['one node', 'calico-controller forget node-7'],
        ['several', 'calico-controller forget node-7 node-8'],
      ]),
    )
    .action(
      toAction((names: readonly string[], options: ForgetOptions) =>
        forget(names, options, context),
      ),
    );
};

async function forget(
  names: readonly string[],
  { socket, output }: ForgetOptions,
  { stdout, by }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams({ by });
  for (const name of names) query.append('name', name);
  const path = `/v1/nodes?${query.toString()}`;
  const forgetting = createControllerClient(socket).change({ method: 'DELETE', path });
  await printAnswer(stdout, output, await answerOf(forgetting, forgottenAnswer), forgetText);
  return 0;
}

function forgetText({ forgotten }: ForgottenNodes): string {
  return `forgot ${forgotten.join(', ')}; a node that connects again is known again`;
}
