/** calico-controller rollout start: checks a configuration and begins with its first wave. */
import { withoutNotes, type Issue } from '../../../core/issue.ts';
import { plainStrategy } from '../../../core/rollout/strategy.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
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
import { reportRefusal } from '../../../runtime/cli/refusal.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { AppError } from '../../../runtime/errors.ts';
import { placeIssues } from '../../../runtime/files/strategy/place-issues.ts';
import { readStrategy } from '../../../runtime/files/strategy/read-strategy.ts';
import type { StartedRollout } from '../../../schemas/generated/controller-api/started-rollout.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import { startedAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { barrierLine, waveLines } from './rollout-text.ts';
import { watchRollout } from './watch.ts';
import { addRolloutOptions, type RolloutOptions } from './rollout-options.ts';

interface StartOptions extends SocketOptions, OutputOptions, RolloutOptions {
  readonly watch?: true;
  readonly confirmWithin?: number;
  readonly withoutApproval?: string;
}

/** A check against thousands of nodes takes a while. */
const startMs = 120_000;

export const addStart: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('start')
    .summary('check a configuration, and begin with the first wave')
    .description(
      'Checks a configuration and a strategy against all known nodes, stores them, and gives the first ' +
        'wave the configuration. Without --strategy all nodes are one wave. Errors change nothing. Exit ' +
        'status with --watch: 0 where the rollout is done, or waits for an approval, or for ' +
        'calico-controller confirm; 1 where it went back, or is paused.',
    )
    .argument('<config>', configArgument)
    .option('--watch', 'show the progress until the rollout has ended, or waits for a person')
    .option(
      '--confirm-within <time>',
      'each node rolls it back after this time (120, 120s, 5m) unless somebody runs calico-controller confirm',
      parseTime,
    )
    .option(
      '--without-approval <reason>',
      "in an emergency, on the controller's machine: as of a push",
    );
  addOutputOption(addSocketOption(addRolloutOptions(command)))
    .addHelpText(
      'after',
      examples([
        ['what would it change?', 'calico-controller preview network.yaml'],
        [
          'wave by wave, and show the progress',
          'calico-controller rollout start network.yaml --strategy strategy.yaml --watch',
        ],
      ]),
    )
    .action(toAction((config: string, options: StartOptions) => start(config, options, context)));
};

async function start(
  path: string,
  options: StartOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { strategy: file, output, socket } = options;
  const { stdout, stderr } = context;
  const config = await readConfig(path, context);
  try {
    const strategy = file === undefined ? plainStrategy : await readStrategy(file);
    const answer = await send(config.text, strategy, options, context);
    await write(stderr, await issuesText(answer.issues, { strategy: file, config: config.name }));
    await printAnswer(stdout, output, answer, startedText);
    const isWatched = options.watch === true && answer.result === 'started';
    return isWatched ? await watchRollout(socket, context, { number: answer.revision.number }) : 0;
  } catch (error) {
    return await reportRolloutRefusal(error, { strategy: file, config: config.name }, context);
  }
}

const codesOfStrategies: ReadonlySet<string> = new Set([
  'wave-without-nodes',
  'wave-with-unknown-nodes',
  'too-many-waves',
  'wave-after-barrier',
]);

/** The files from which the issues are. */
interface IssueFiles {
  /** Undefined: the built-in one. */
  readonly strategy: string | undefined;
  readonly config: string;
}

/** Errors and warnings, each with the name of its file. */
export async function issuesText(
  found: readonly Issue[],
  { strategy, config }: IssueFiles,
): Promise<string> {
  const issues = withoutNotes(found);
  const ofStrategy = issues.filter(({ code }) => codesOfStrategies.has(code));
  const ofConfig = issues.filter(({ code }) => !codesOfStrategies.has(code));
  return formatIssues([
    { name: config, issues: ofConfig },
    { name: nameOf(strategy), issues: await placed(strategy, ofStrategy) },
  ]);
}

function nameOf(strategy: string | undefined): string {
  return strategy ?? 'the strategy';
}

async function placed(
  strategy: string | undefined,
  issues: readonly Issue[],
): Promise<readonly Issue[]> {
  if (strategy === undefined || issues.length === 0) return issues;
  return placeIssues(strategy, issues);
}

/**
 * Reports the issues of the strategy, or of the configuration, with their places in its file.
 * @throws the error where it has no issues
 */
export async function reportRolloutRefusal(
  error: unknown,
  { strategy, config }: IssueFiles,
  context: CommandContext,
): Promise<ExitStatus> {
  const program = 'calico-controller';
  if (!(error instanceof AppError) || !isAboutStrategy(error)) {
    return reportRefusal(error, { program, name: config }, context);
  }
  const { code, message, issues: found } = error;
  const issues = await placed(strategy, found);
  const shown = issues.length === 0 ? error : new AppError(code, message, { issues });
  return reportRefusal(shown, { program, name: nameOf(strategy) }, context);
}

function isAboutStrategy(error: AppError): boolean {
  if (error.code === 'invalid-settings') return true;
  return error.issues.length > 0 && error.issues.every(({ code }) => codesOfStrategies.has(code));
}

function send(
  text: string,
  strategy: RolloutStrategy,
  options: StartOptions,
  { by }: CommandContext,
): Promise<StartedRollout> {
  const { socket, retry, acceptLoss, guard, supersede, despite = [], ...others } = options;
  const { confirmWithin, withoutApproval } = others;
  const query = new URLSearchParams({
    by,
    ...(retry === true && { retry: 'true' }),
    ...(acceptLoss === true && { 'accept-loss': 'true' }),
    ...(guard ? {} : { 'no-guard': 'true' }),
    ...(supersede === true && { supersede: 'true' }),
    ...(confirmWithin !== undefined && { 'confirm-within': String(confirmWithin) }),
    ...(withoutApproval !== undefined && { 'without-approval': withoutApproval }),
  });
  for (const name of despite) query.append('despite', name);
  const starting = createControllerClient(socket).change({
    method: 'POST',
    path: `/v1/rollout?${query.toString()}`,
    body: JSON.stringify({ text, mediaType: mediaTypeOf(text), strategy }),
    mediaType: 'application/json',
    timeoutMs: startMs,
  });
  return answerOf(starting, startedAnswer);
}

function startedText({ result, revision, waves, barrier }: StartedRollout): string {
  const name = `revision ${revisionText(revision)}`;
  if (result === 'already') return `${name} has this content already; nothing begins`;
  return [
    `the rollout of ${name} begins`,
    ...waveLines(waves),
    ...(barrier === undefined ? [] : [`barrier  ${barrierLine(barrier)}`]),
  ].join('\n');
}
