/** calico-controller propose: a change that others approve before it goes to the nodes. */
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  configArgument,
  examples,
  parseTime,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer, write } from '../../../runtime/cli/print.ts';
import { mediaTypeOf, readConfig } from '../../../runtime/cli/read-input.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { AppError } from '../../../runtime/errors.ts';
import { readStrategy } from '../../../runtime/files/strategy/read-strategy.ts';
import type { ClientRequest } from '../../../runtime/http/unix-client.ts';
import type { ProposalAnswer } from '../../../schemas/generated/controller-api/proposal-answer.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import { proposalAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { barrierLine } from '../rollout/rollout-text.ts';
import { issuesText, reportRolloutRefusal } from '../rollout/rollout-issues.ts';
import { addRolloutOptions, type RolloutOptions } from '../rollout/rollout-options.ts';

interface ProposeOptions extends SocketOptions, OutputOptions, RolloutOptions {
  readonly message?: string;
  readonly again?: string;
  readonly confirmWithin?: number;
}

/** A check against thousands of nodes takes a while. */
const checkMs = 120_000;

export const addPropose: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('propose')
    .summary('propose a configuration, which others approve')
    .description(
      'Checks a configuration against all known nodes, and keeps it on the controller with the strategy ' +
        'and all other options, until somebody applies, rejects or withdraws it, or it expires. Nothing is ' +
        'sent to the nodes. Without --strategy it goes to all nodes at once. It counts for the revision ' +
        'that is the newest now: after another one it is proposed again, with --again. Options beside --again ' +
        'are added to those that the proposal has; the approvals begin anew in any case.',
    )
    .argument('[config]', configArgument)
    .option('-m, --message <text>', 'what it changes, and why')
    .option(
      '--again <id>',
      'propose this proposal for the revision that is the newest now, instead; with its strategy and options, and those beside it',
    )
    .option('--confirm-within <time>', 'as of a push, and of a rollout', parseTime);
  addOutputOption(addSocketOption(addRolloutOptions(command)))
    .addHelpText(
      'after',
      examples([
        ['propose', 'calico-controller propose network.yaml -m "two more racks"'],
        ['wave after wave', 'calico-controller propose network.yaml --strategy strategy.yaml'],
        ['it shall end what is running', 'calico-controller propose --again 3 --supersede'],
        ['what waits?', 'calico-controller proposals'],
      ]),
    )
    .action(
      toAction((config: string | undefined, options: ProposeOptions) =>
        propose(config, options, context),
      ),
    );
};

async function propose(
  path: string | undefined,
  options: ProposeOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { again, strategy: file } = options;
  if ((path === undefined) === (again === undefined)) {
    throw new AppError('usage', 'name the configuration, or the proposal with --again');
  }
  if (again !== undefined && file !== undefined) {
    throw new AppError(
      'usage',
      '--again keeps the strategy of the proposal; propose the configuration with --strategy for another one',
    );
  }
  const config = path === undefined ? undefined : await readConfig(path, context);
  const name = config?.name ?? `proposal ${again ?? ''}`;
  try {
    const strategy = file === undefined ? undefined : await readStrategy(file);
    return await send(requestFor(config?.text, strategy, options, context), name, options, context);
  } catch (error) {
    return await reportRolloutRefusal(error, { strategy: file, config: name }, context);
  }
}

function requestFor(
  text: string | undefined,
  strategy: RolloutStrategy | undefined,
  {
    again,
    message,
    retry,
    acceptLoss,
    guard,
    supersede,
    despite = [],
    confirmWithin,
  }: ProposeOptions,
  { by }: CommandContext,
): ClientRequest {
  const query = new URLSearchParams({
    by,
    ...(message !== undefined && { message }),
    ...(retry === true && { retry: 'true' }),
    ...(acceptLoss === true && { 'accept-loss': 'true' }),
    ...(guard ? {} : { 'no-guard': 'true' }),
    ...(supersede === true && { supersede: 'true' }),
    ...(confirmWithin !== undefined && { 'confirm-within': String(confirmWithin) }),
  });
  for (const name of despite) query.append('despite', name);
  const request = { method: 'POST', timeoutMs: checkMs } as const;
  const base = '/v1/proposals';
  if (text === undefined) {
    const id = encodeURIComponent(again ?? '');
    return { ...request, path: `${base}/${id}/again?${query.toString()}` };
  }
  const mediaType = mediaTypeOf(text);
  if (strategy === undefined) {
    return { ...request, path: `${base}?${query.toString()}`, body: text, mediaType };
  }
  const body = JSON.stringify({ text, mediaType, strategy });
  const path = `${base}/rollout?${query.toString()}`;
  return { ...request, path, body, mediaType: 'application/json' };
}

async function send(
  request: ClientRequest,
  name: string,
  { socket, output, strategy }: ProposeOptions,
  { stdout, stderr }: CommandContext,
): Promise<ExitStatus> {
  const answer = await answerOf(createControllerClient(socket).change(request), proposalAnswer);
  await write(stderr, await issuesText(answer.issues ?? [], { strategy, config: name }));
  await printAnswer(stdout, output, answer, proposedText);
  return 0;
}

function proposedText({ proposal: { id, required }, barrier }: ProposalAnswer): string {
  const next =
    required === 0
      ? `calico-controller apply ${id}`
      : `calico-controller approve ${id}, then calico-controller apply ${id}`;
  const waits = `proposal ${id} waits: ${next}`;
  return barrier === undefined ? waits : `${waits}\nbarrier: ${barrierLine(barrier)}`;
}
