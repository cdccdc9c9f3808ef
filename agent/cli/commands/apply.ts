/** calico-agent apply: hands a configuration to the agent of this node. */
import type { Command } from 'commander';
import { answerOf, type DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import type { Answer } from '../../../runtime/http/unix-client.ts';
import type { OfferAnswer } from '../../../schemas/generated/agent-api/offer-answer.ts';
import { createAgentClient } from '../daemon/agent-client.ts';
import { offerAnswer, statusAnswer } from '../daemon/answers.ts';
import { describeOutcome } from '../output/apply-outcome.ts';
import { withoutNotes } from '../../../core/issue.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
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
} from '../../../runtime/cli/options.ts';
import { addSocketOption } from '../daemon/agent-client.ts';
import { printResult, write } from '../../../runtime/cli/print.ts';
import { mediaTypeOf, readConfig } from '../../../runtime/cli/read-input.ts';
import type { Input } from '../../../runtime/cli/read-input.ts';
import { reportRefusal } from '../../../runtime/cli/refusal.ts';
import { progressText } from '../output/status-text.ts';
import {
  addRecreatePodsOption,
  withRecreatePodsFlag,
  type RecreatePodsOptions,
} from '../input/recreate-pods.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

interface ApplyOptions extends SocketOptions, OutputOptions, WaitOptions, RecreatePodsOptions {
  readonly takeOver?: true;
  readonly retry?: true;
  readonly acceptLoss?: true;
  /** False: --no-guard. */
  readonly guard: boolean;
  readonly confirmWithin?: number;
}

const noDeadline =
  '--confirm-within has no effect: the agent has accepted this configuration before';
/**
 * Time beyond the wait after which the command gives up: the daemon answers at the end of the wait.
 */
const answerGraceSeconds = 10;

export function addApply(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('apply')
    .summary('hand a configuration to the agent of this node')
    .description(
      'Hands a configuration to the agent of this node, which checks it, stores it as a revision and ' +
        'applies it. A refused configuration changes nothing. calico-agent plan shows the changes beforehand.',
    )
    .argument('<config>', configArgument);
  addWaitOption(command, 'the revision is confirmed or has failed')
    .option(
      '--take-over',
      'take control from Juju or the controller; from now on the local CLI manages this agent',
    )
    .option(
      '--confirm-within <time>',
      'roll it back after this time (120, 120s, 5m) unless somebody runs calico-agent confirm',
      parseTime,
    )
    .option('--retry', 'apply it although the agent rejected the same configuration before')
    .option('--no-guard', 'change it without guard routes on this node')
    .option('--accept-loss', 'apply it although it loses traffic that guard routes cannot save');
  addRecreatePodsOption(command);
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['apply, and wait for the end', 'calico-agent apply config.yaml --wait'],
        [
          'the agent rolls it back by itself unless you confirm it',
          'calico-agent apply config.yaml --confirm-within 120s',
        ],
        ['from a pipe', 'juju config calico --format yaml | calico-agent apply - --wait 120'],
      ]),
    )
    .action(toAction((config: string, options: ApplyOptions) => apply(config, options, context)));
}

async function apply(
  path: string,
  options: ApplyOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const config = await withRecreatePodsFlag(await readConfig(path, context), options);
  try {
    const answer = await send(config, options, context);
    await write(
      context.stderr,
      formatIssues([{ name: config.name, issues: withoutNotes(answer.issues) }]),
    );
    const waited = secondsToWait(options);
    if (options.confirmWithin !== undefined && answer.result === 'already') {
      await write(context.stderr, `calico-agent: ${noDeadline}\n`);
    }
    const isLate = waited !== undefined && answer.ended === undefined;
    const state = isLate ? await stateNow(createAgentClient(options.socket)) : undefined;
    const { text, status } = describeOutcome(answer, waited, state);
    if (options.output !== 'text' || status === 0) {
      await printResult(context.stdout, options.output, answer, () => text);
    }
    if (status !== 0) await write(context.stderr, `calico-agent: ${text}\n`);
    return status;
  } catch (error) {
    return await reportRefusal(error, { program: 'calico-agent', name: config.name }, context);
  }
}

async function send(
  { text }: Input,
  options: ApplyOptions,
  { by, stderr }: CommandContext,
): Promise<OfferAnswer> {
  const client = createAgentClient(options.socket);
  const seconds = secondsToWait(options);
  const query = new URLSearchParams({
    by,
    ...(options.takeOver === true ? { 'take-over': 'true' } : {}),
    ...(options.retry === true ? { retry: 'true' } : {}),
    ...(options.guard ? {} : { 'no-guard': 'true' }),
    ...(options.acceptLoss === true ? { 'accept-loss': 'true' } : {}),
    ...(options.confirmWithin === undefined
      ? {}
      : { 'confirm-within': String(options.confirmWithin) }),
    ...(seconds === undefined ? {} : { wait: String(seconds) }),
  });
  const change = (): Promise<Answer> =>
    client.change({
      method: 'PUT',
      path: `/v1/config?${query.toString()}`,
      body: text,
      mediaType: mediaTypeOf(text),
      ...(seconds === undefined ? {} : { timeoutMs: (seconds + answerGraceSeconds) * 1000 }),
    });
  const answer = seconds === undefined ? change() : watched(change, client, stderr);
  return answerOf(answer, offerAnswer);
}

/** The agent's current state: on hold, or waiting for another agent. Never fails. */
async function stateNow(client: DaemonClient): Promise<string | undefined> {
  const reading = client.read({ method: 'GET', path: '/v1/status' });
  return answerOf(reading, statusAnswer).then(progressText, () => undefined);
}

async function watched<T>(
  request: () => Promise<T>,
  client: DaemonClient,
  stderr: NodeJS.WritableStream,
): Promise<T> {
  const { watchProgress } = await import('../output/progress.ts');
  const done = new AbortController();
  const watching = watchProgress(client, stderr, done.signal);
  try {
    return await request();
  } finally {
    done.abort();
    await watching;
  }
}
