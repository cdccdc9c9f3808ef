/** calico-controller rollout list: the last rollouts. */
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { Rollouts } from '../../../schemas/generated/controller-api/rollouts.ts';
import { rolloutsAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { completionMs, onlyText, printWords } from '../completion/completed-words.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';

interface ListOptions extends SocketOptions, OutputOptions {
  readonly ids: boolean;
}

export const addList: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('list')
    .summary('list the last rollouts and pushes')
    .description('Lists the last rollouts and pushes, the newest first, with how they ended.')
    .option('--ids', onlyText('the numbers of their revisions'), false);
  addOutputOption(addSocketOption(command))
    .addHelpText('after', examples([['how did they end?', 'calico-controller rollout list']]))
    .action(toAction((options: ListOptions) => list(options, context)));
};

async function list(
  { socket, output, ids }: ListOptions,
  { stdout }: CommandContext,
): Promise<ExitStatus> {
  const asked = { method: 'GET', path: '/v1/rollouts' } as const;
  const client = createControllerClient(socket);
  const reading = client.read({ ...asked, ...(ids && { timeoutMs: completionMs }) });
  const answer = await answerOf(reading, rolloutsAnswer);
  if (ids) {
    // One that goes back, or has a second part, has several revisions.
    const numbers = answer.rollouts.flatMap(({ number, newest }) => [newest, number]);
    return printWords(stdout, numbers);
  }
  await printAnswer(stdout, output, answer, listText);
  return 0;
}

function listText({ rollouts }: Rollouts): string {
  if (rollouts.length === 0) return 'there is no rollout yet';
  return rollouts
    .map(({ number, kind, phase, by, startedAt, reason }) => {
      const why = reason === undefined ? '' : ` (${reason})`;
      return `${String(number).padStart(5)}  ${kind.padEnd(7)}  ${phase.padEnd(10)}  ${startedAt}  ${by}${why}`;
    })
    .join('\n');
}
