/** calico-agent apply: hands a configuration to the agent of this node. */
import type { Command } from 'commander';
import {
  createAgentClient,
  expectAnswer,
  jsonOf,
  type AgentClient,
} from '../daemon/agent-client.ts';
import { isApplyAnswer, type ApplyAnswer } from '../daemon/answers.ts';
import type { Answer } from '../../../runtime/http/unix-client.ts';
import { describeOutcome } from '../output/apply-outcome.ts';
import { withoutNotes } from '../../../core/issue.ts';
import { formatIssues } from '../output/issue-report.ts';
import { mediaTypeOf } from '../input/media-type.ts';
import {
  addOutputOption,
  addSocketOption,
  configArgument,
  examples,
  parseSeconds,
  type OutputOptions,
  type SocketOptions,
} from '../options.ts';
import { printResult, write } from '../output/print.ts';
import { readConfig } from '../input/read-config.ts';
import type { Input } from '../input/read-input.ts';
import { reportRefusal } from '../daemon/refusal.ts';
import { progressText } from '../output/status-text.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

interface ApplyOptions extends SocketOptions, OutputOptions {
  readonly wait?: number | true;
  readonly takeOver?: true;
  readonly retry?: true;
}

const defaultWaitSeconds = 60;
/** The daemon answers at the end of the wait; only then is it late. */
const answerGraceSeconds = 10;

export function addApply(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('apply')
    .summary('hand a configuration to the agent of this node')
    .description(
      'Hands a configuration to the agent of this node, which checks it, stores it as a revision and ' +
        'applies it. A refused one changes nothing. calico-agent plan shows beforehand what will change.',
    )
    .argument('<config>', configArgument)
    .option(
      '--wait [seconds]',
      `until it is confirmed or has failed, at most so long (${defaultWaitSeconds})`,
      parseSeconds,
    )
    .option(
      '--take-over',
      'also where Juju or a controller has changed this agent so far; from then on it is this one',
    )
    .option('--retry', 'also where this very configuration was rejected before');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['apply, and see how it ends', 'calico-agent apply config.yaml --wait'],
        ['from a pipe', 'juju config calico --format yaml | calico-agent apply - --wait 120'],
      ]),
    )
    .action(ending((config: string, options: ApplyOptions) => apply(config, options, world)));
}

async function apply(path: string, options: ApplyOptions, world: CliWorld): Promise<ExitStatus> {
  const config = await readConfig(path, world);
  try {
    const answer = await send(config, options, world);
    await write(
      world.stderr,
      formatIssues([{ name: config.name, issues: withoutNotes(answer.issues) }]),
    );
    const waited = waitSeconds(options);
    const isLate = waited !== undefined && answer.settled === undefined;
    const state = isLate ? await stateNow(createAgentClient(options.socket)) : undefined;
    const { text, status } = describeOutcome(answer, waited, state);
    if (options.output !== 'text' || status === 0) {
      await printResult(world.stdout, options.output, answer, () => text);
    }
    if (status !== 0) await write(world.stderr, `calico-agent: ${text}\n`);
    return status;
  } catch (error) {
    return await reportRefusal(error, config.name, world);
  }
}

async function send(
  { text }: Input,
  options: ApplyOptions,
  { by, stderr }: CliWorld,
): Promise<ApplyAnswer> {
  const client = createAgentClient(options.socket);
  const seconds = waitSeconds(options);
  const query = new URLSearchParams({
    by,
    ...(options.takeOver === true ? { 'take-over': 'true' } : {}),
    ...(options.retry === true ? { retry: 'true' } : {}),
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
  return expectAnswer(jsonOf(await answer), isApplyAnswer);
}

/** What it is at instead: on hold, or waiting for another agent. Never fails. */
async function stateNow(client: AgentClient): Promise<string | undefined> {
  const { isAgentStatus } = await import('../../../schemas/generated/agent-status.validator.js');
  const request = { method: 'GET', path: '/v1/status' } as const;
  const status = await client
    .read(request)
    .then(jsonOf)
    .catch(() => undefined);
  return isAgentStatus(status) ? progressText(status) : undefined;
}

async function watched<T>(
  request: () => Promise<T>,
  client: AgentClient,
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

function waitSeconds({ wait }: ApplyOptions): number | undefined {
  return wait === true ? defaultWaitSeconds : wait;
}
