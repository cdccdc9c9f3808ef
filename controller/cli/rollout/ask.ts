/** calico-controller rollout pause, resume, approve and abort. */
import { InvalidArgumentError } from 'commander';
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
  readonly rollout?: number;
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
    description:
      'Lets the next wave begin, where the strategy has approval: each-wave. With WAVE it is refused where ' +
      'another wave waits by now, because somebody else approved this one; without WAVE it is about the ' +
      'wave that waits now.',
    takesReason: false,
    example: ['the canary is good, the others may begin', 'calico-controller rollout approve rest'],
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
    command.option(
      '--rollout <number>',
      'the rollout that it is about, as rollout status shows it; refused where another one is the newest by now',
      parseNumber,
    );
    addOutputOption(addSocketOption(command)).addHelpText('after', examples([example]));
    if (name === 'approve') {
      command
        .argument('[wave]', 'the wave that may begin, or cluster-share')
        .action(
          toAction((wave: string | undefined, options: AskOptions) =>
            ask({ name, wave }, options, context),
          ),
        );
    } else command.action(toAction((options: AskOptions) => ask({ name }, options, context)));
  }
};

interface Asked {
  readonly name: Ask['name'];
  /** Of approve; undefined: the one that waits now. */
  readonly wave?: string | undefined;
}

async function ask(
  { name, wave }: Asked,
  { socket, output, why, rollout: named }: AskOptions,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  const client = createControllerClient(socket);
  const shown = await answerOf(client.read({ method: 'GET', path: '/v1/rollout' }), rolloutAnswer);
  const number = named ?? shown.rollout?.number;
  const step = name === 'approve' ? (wave ?? shown.rollout?.step) : undefined;
  const query = new URLSearchParams({
    by,
    ...(why !== undefined && { why }),
    ...(number !== undefined && { rollout: String(number) }),
    ...(step !== undefined && { step }),
  });
  const path = `/v1/rollout/${name}?${query.toString()}`;
  const answer = await answerOf(client.change({ method: 'POST', path }), rolloutAnswer);
  const approved = step === undefined ? '' : `approved: ${step}\n`;
  await printAnswer(stdout, output, answer, (one) => `${approved}${rolloutText(one)}`);
  return 0;
}

function parseNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is the number of a rollout.');
}
