/** calico-controller rollout status: the newest rollout, its waves and what it waits for. */
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { rolloutAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { rolloutText } from './rollout-text.ts';
import { watchRollout } from './watch.ts';

interface StatusOptions extends SocketOptions, OutputOptions {
  readonly watch?: true;
}

export const addRolloutStatus: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('status')
    .summary('show the newest rollout: its waves, failures and what it waits for')
    .description(
      'Shows the newest rollout: the state of its waves with their first nodes, the nodes that ' +
        'failed and why, and what it waits for. With --watch it shows the progress until the rollout has ' +
        'ended, or waits for a person; it goes on when the controller restarts or another one takes over, and ' +
        'with -o json it prints one object a line. Exit status with --watch: 0 done, or waits for an ' +
        'approval, or for calico-controller confirm; 1 it went back, is paused, or a newer revision ended it.',
    )
    .option('--watch', 'show the progress until the rollout has ended, or waits for a person');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['how far is it?', 'calico-controller rollout status'],
        ['follow it', 'calico-controller rollout status --watch'],
        ['for a script', 'calico-controller rollout status --watch -o json'],
        ['the failed nodes', "calico-controller rollout status -o json | jq '.rollout.failures'"],
      ]),
    )
    .action(toAction((options: StatusOptions) => status(options, context)));
};

async function status(
  { socket, output, watch }: StatusOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const json = output === 'json';
  const ended = watch === true ? await watchRollout(socket, context, { json }) : 0;
  // Its last line has the end.
  if (watch === true && json) return ended;
  const reading = createControllerClient(socket).read({ method: 'GET', path: '/v1/rollout' });
  await printAnswer(context.stdout, output, await answerOf(reading, rolloutAnswer), rolloutText);
  return ended;
}
