/** calico-controller rollout pause, resume, approve and abort. */
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type Example,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { rolloutAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { rolloutText } from './rollout-text.ts';

interface AskOptions extends SocketOptions, OutputOptions {
  readonly why?: string;
}

interface Ask {
  readonly name: 'pause' | 'resume' | 'approve' | 'abort';
  readonly summary: string;
  readonly description: string;
  readonly takesReason: boolean;
  readonly example: Example;
}

const asks: readonly Ask[] = [
  {
    name: 'pause',
    summary: 'begin no further wave until resume',
    description:
      'Pauses the rollout: no further wave begins, and it does not go back by itself. Nodes that have ' +
      'the configuration go on with it, and confirm it or roll it back. abort ends the pause; a rollout ' +
      'that goes back cannot be paused.',
    takesReason: true,
    example: ['wait over lunch', 'calico-controller rollout pause --why lunch'],
  },
  {
    name: 'resume',
    summary: 'go on with a paused rollout',
    description:
      'Goes on with a paused rollout. If the controller paused it, it goes on although nodes failed, and ' +
      'without waiting for those that were late or away: rollout status names them beforehand, and ' +
      'afterwards for each wave. It pauses again when further nodes fail, also those that were late.',
    takesReason: false,
    example: ['go on', 'calico-controller rollout resume'],
  },
  {
    name: 'approve',
    summary: 'let the next wave begin, if the strategy asks for it',
    description: 'Lets the next wave begin, where the strategy has approval: each-wave.',
    takesReason: false,
    example: ['the canary is good', 'calico-controller rollout approve'],
  },
  {
    name: 'abort',
    summary: 'take it back: the nodes get the configuration of before',
    description:
      'Gives the waves that have begun the configuration of before again, the last wave first, as a new ' +
      'revision; and then all nodes. Once the cluster-wide resources have changed, all nodes get it at ' +
      'once. It also takes a push or a rollout back that is done, as long as nothing newer was pushed.',
    takesReason: true,
    example: ['the change is bad', "calico-controller rollout abort --why 'pods lost packets'"],
  },
];

export const addAsks: AddControllerCommand = (program, context, toAction) => {
  for (const { name, summary, description, takesReason, example } of asks) {
    const command = program.command(name).summary(summary).description(description);
    if (takesReason) command.option('--why <text>', 'the reason, for the history');
    addOutputOption(addSocketOption(command))
      .addHelpText('after', examples([example]))
      .action(toAction((options: AskOptions) => ask(name, options, context)));
  }
};

async function ask(
  name: Ask['name'],
  { socket, output, why }: AskOptions,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams({ by, ...(why !== undefined && { why }) });
  const path = `/v1/rollout/${name}?${query.toString()}`;
  const asking = createControllerClient(socket).change({ method: 'POST', path });
  await printAnswer(stdout, output, await answerOf(asking, rolloutAnswer), rolloutText);
  return 0;
}
