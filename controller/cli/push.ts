/** calico-controller push: checks a configuration and brings it to all nodes. */
import { withoutNotes } from '../../core/issue.ts';
import { answerOf, type DaemonClient } from '../../runtime/cli/daemon-client.ts';
import { formatIssues } from '../../runtime/cli/issue-report.ts';
import {
  addOutputOption,
  addWaitOption,
  configArgument,
  examples,
  parseTime,
  secondsToWait,
  type OutputOptions,
  type SocketOptions,
  type WaitOptions,
} from '../../runtime/cli/options.ts';
import { printAnswer, printResult, write } from '../../runtime/cli/print.ts';
import { mediaTypeOf, readConfig, type Input } from '../../runtime/cli/read-input.ts';
import { reportRefusal } from '../../runtime/cli/refusal.ts';
import type { ExitStatus } from '../../runtime/cli/terminal.ts';
import { AppError } from '../../runtime/errors.ts';
import type { PushAnswer } from '../../schemas/generated/controller-api/push-answer.ts';
import { pushAnswer } from './answers.ts';
import type { AddControllerCommand, CommandContext } from './command-context.ts';
import { addSocketOption, createControllerClient } from './controller-client.ts';
import { previewInput } from './preview/preview.ts';
import { reportProgress } from './push-progress.ts';
import { exitStatusOf, pushText } from './push-texts.ts';

interface PushOptions extends SocketOptions, OutputOptions, WaitOptions {
  readonly retry?: true;
  readonly acceptLoss?: true;
  readonly supersede?: true;
  readonly confirmWithin?: number;
  /** False: --no-guard. */
  readonly guard: boolean;
  readonly despite?: readonly string[];
  readonly withoutApproval?: string;
  readonly dryRun?: true;
}

const noDeadline = '--confirm-within has no effect: the nodes have this configuration already';
/**
 * Time beyond the wait after which the command gives up: the controller answers at the end of the
 * wait.
 */
const answerGraceMs = 30_000;

export const addPush: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('push')
    .summary('check a configuration and bring it to all nodes')
    .description(
      'Checks a configuration against all known nodes, stores it as a revision and sends it to all ' +
        'agents; nodes that are away get it when they connect. A configuration with errors changes ' +
        'nothing. Exit status with --wait: 0 where every connected node has confirmed it; 1 where a node ' +
        'refused it, failed, rolled it back or was too slow; with --dry-run that of preview.',
    )
    .argument('<config>', configArgument);
  addWaitOption(command, 'every connected node has confirmed it, refused it or rolled it back')
    .option(
      '--confirm-within <time>',
      'each node rolls it back after this time (120, 120s, 5m) unless somebody runs calico-controller confirm',
      parseTime,
    )
    .option('--retry', 'apply it also on agents that rejected the same content before')
    .option('--accept-loss', 'push it although it costs traffic that guard routes do not carry')
    .option('--no-guard', 'apply it without guard routes on all nodes')
    .option('--supersede', 'push it also while a rollout is running, which ends')
    .option(
      '--despite <node>',
      'push although this node does not fit the configuration: its errors become warnings; may be given several times',
      (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
    );
  command.option('--dry-run', 'show what it would change, as preview does, and push nothing');
  command.option(
    '--without-approval <reason>',
    "in an emergency, on the controller's machine: push although controller.yaml wants approvals; the audit log has the reason",
  );
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['push, and wait for the nodes', 'calico-controller push network.yaml --wait'],
        [
          'again, after what made the nodes reject it is mended',
          'calico-controller push network.yaml --retry --wait',
        ],
        [
          'each node rolls it back by itself unless you confirm it',
          'calico-controller push network.yaml --confirm-within 120s --wait',
        ],
        ['from a pipe', 'juju config calico --format yaml | calico-controller push - --wait 120'],
      ]),
    )
    .action(toAction((config: string, options: PushOptions) => push(config, options, context)));
};

async function push(
  path: string,
  options: PushOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const config = await readConfig(path, context);
  const { name } = config;
  const { stdout, stderr } = context;
  if (options.dryRun === true) return previewInput(config, options, context);
  try {
    const answer = await send(config, options, context);
    await write(stderr, formatIssues([{ name, issues: withoutNotes(answer.issues) }]));
    if (options.confirmWithin !== undefined && answer.result === 'already') {
      await write(stderr, `${noDeadline}\n`);
    }
    await printAnswer(stdout, options.output, answer, pushText);
    return exitStatusOf(answer);
  } catch (error) {
    if (error instanceof AppError && error.issues.length > 0 && options.output !== 'text') {
      const { code, message, issues } = error;
      await printResult(stdout, options.output, { code, message, issues }, String);
    }
    return await reportRefusal(error, { program: 'calico-controller', name }, context);
  }
}

async function send(
  { text }: Input,
  {
    socket,
    retry,
    acceptLoss,
    supersede,
    confirmWithin,
    guard,
    despite = [],
    ...others
  }: PushOptions,
  { by, stderr }: CommandContext,
): Promise<PushAnswer> {
  const client = createControllerClient(socket);
  const seconds = secondsToWait(others);
  const { withoutApproval } = others;
  const query = new URLSearchParams({
    by,
    ...(retry === true && { retry: 'true' }),
    ...(acceptLoss === true && { 'accept-loss': 'true' }),
    ...(supersede === true && { supersede: 'true' }),
    ...(guard ? {} : { 'no-guard': 'true' }),
    ...(withoutApproval !== undefined && { 'without-approval': withoutApproval }),
    ...(confirmWithin !== undefined && { 'confirm-within': String(confirmWithin) }),
    ...(seconds !== undefined && { wait: String(seconds) }),
  });
  for (const name of despite) query.append('despite', name);
  const pushing = (): Promise<PushAnswer> =>
    answerOf(
      client.change({
        method: 'PUT',
        path: `/v1/config?${query.toString()}`,
        body: text,
        mediaType: mediaTypeOf(text),
        timeoutMs: answerGraceMs + (seconds ?? 0) * 1000,
      }),
      pushAnswer,
    );
  return seconds === undefined ? pushing() : whileReporting(pushing, client, stderr);
}

async function whileReporting<T>(
  run: () => Promise<T>,
  client: DaemonClient,
  stderr: NodeJS.WritableStream,
): Promise<T> {
  const stop = reportProgress(client, stderr);
  try {
    return await run();
  } finally {
    stop();
  }
}
