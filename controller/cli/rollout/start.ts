/** calico-controller rollout start: checks a configuration and begins with its first wave. */
import { Option } from 'commander';
import { plainStrategy } from '../../../core/rollout/strategy.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  configArgument,
  examples,
  parseTime,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer, write, type OutputForm } from '../../../runtime/cli/print.ts';
import { mediaTypeOf, readConfig } from '../../../runtime/cli/read-input.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { AppError } from '../../../runtime/errors.ts';
import { readStrategy } from '../../../runtime/files/strategy/read-strategy.ts';
import type { RolloutPreview } from '../../../schemas/generated/controller-api/rollout-preview.ts';
import type { StartedRollout } from '../../../schemas/generated/controller-api/started-rollout.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import { rolloutPreviewAnswer, startedAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { issuesText, reportRolloutRefusal } from './rollout-issues.ts';
import { beforeStartText, printPreview, type StartOutput } from './preview-start.ts';
import { barrierLine, waveLines } from './rollout-text.ts';
import { watchRollout } from './watch.ts';
import { addRolloutOptions, type RolloutOptions } from './rollout-options.ts';

interface StartOptions extends SocketOptions, RolloutOptions {
  readonly output: StartOutput;
  readonly dryRun?: true;
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
        'wave the configuration. Before that it shows how much changes, and the waves with their first ' +
        'nodes; --dry-run shows the whole preview and the waves, and begins nothing. Without --strategy all ' +
        'nodes are one wave. Errors change nothing. Exit status with --watch: 0 where the rollout is done, or ' +
        'waits for an approval, or for calico-controller confirm; 1 where it went back, or is paused. With ' +
        '--dry-run: 0 nothing changes, 3 something does, 2 the configuration has errors, 1 there is no ' +
        'preview, or the rollout could not begin now.',
    )
    .argument('<config>', configArgument)
    .option('--dry-run', 'show the preview and the waves, and begin nothing')
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
  addSocketOption(addRolloutOptions(command))
    .addOption(
      new Option('-o, --output <form>', 'how to print; markdown is for --dry-run')
        .choices(['text', 'markdown', 'yaml', 'json'])
        .default('text'),
    )
    .addHelpText(
      'after',
      examples([
        [
          'what would it change, and which node is the first?',
          'calico-controller rollout start network.yaml --strategy strategy.yaml --dry-run',
        ],
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
  const { strategy: file, output, socket, dryRun = false } = options;
  const { stdout, stderr } = context;
  refuseTogether(options);
  const config = await readConfig(path, context);
  const { name } = config;
  try {
    const strategy = file === undefined ? plainStrategy : await readStrategy(file);
    const body = bodyOf(config.text, strategy);
    const preview = await (dryRun ? askPreview : tryPreview)(body, options, context);
    if (dryRun && preview !== undefined) {
      await write(stderr, await issuesText(preview.issues, { strategy: file, config: name }));
      return await printPreview(stdout, output, preview, name);
    }
    if (preview?.result === 'planned') {
      await write(output === 'text' ? stdout : stderr, beforeStartText(preview));
    }
    const answer = await send(body, options, context);
    await write(stderr, await issuesText(answer.issues, { strategy: file, config: name }));
    await printAnswer(stdout, formOf(output), answer, startedText);
    const isWatched = options.watch === true && answer.result === 'started';
    return isWatched ? await watchRollout(socket, context, { number: answer.revision.number }) : 0;
  } catch (error) {
    return await reportRolloutRefusal(error, { strategy: file, config: name }, context);
  }
}

/** @throws AppError usage */
function refuseTogether({ dryRun, watch, output }: StartOptions): void {
  if (dryRun === true && watch === true) {
    throw new AppError('usage', 'cannot watch a rollout that does not begin: leave out --watch');
  }
  if (output === 'markdown' && dryRun !== true) {
    throw new AppError('usage', '-o markdown is for the preview: give --dry-run as well');
  }
}

function formOf(output: StartOutput): OutputForm {
  return output === 'markdown' ? 'text' : output;
}

function bodyOf(text: string, strategy: RolloutStrategy): string {
  return JSON.stringify({ text, mediaType: mediaTypeOf(text), strategy });
}

/** The options, as the start and the preview take them. */
function termsOf({
  retry,
  acceptLoss,
  guard,
  supersede,
  confirmWithin,
  despite = [],
}: StartOptions): URLSearchParams {
  const query = new URLSearchParams({
    ...(retry === true && { retry: 'true' }),
    ...(acceptLoss === true && { 'accept-loss': 'true' }),
    ...(guard ? {} : { 'no-guard': 'true' }),
    ...(supersede === true && { supersede: 'true' }),
    ...(confirmWithin !== undefined && { 'confirm-within': String(confirmWithin) }),
  });
  for (const name of despite) query.append('despite', name);
  return query;
}

function askPreview(body: string, options: StartOptions): Promise<RolloutPreview> {
  const asking = createControllerClient(options.socket).read({
    method: 'POST',
    path: `/v1/rollout/preview?${termsOf(options).toString()}`,
    body,
    mediaType: 'application/json',
    timeoutMs: startMs,
  });
  return answerOf(asking, rolloutPreviewAnswer);
}

/** Undefined: there is none, and the rollout begins all the same. @throws AppError for the strategy */
async function tryPreview(
  body: string,
  options: StartOptions,
  { stderr }: CommandContext,
): Promise<RolloutPreview | undefined> {
  try {
    return await askPreview(body, options);
  } catch (error) {
    if (!(error instanceof AppError) || error.issues.length > 0) throw error;
    await write(stderr, `there is no preview: ${error.message}\n`);
    return undefined;
  }
}

function send(
  body: string,
  options: StartOptions,
  { by }: CommandContext,
): Promise<StartedRollout> {
  const { socket, withoutApproval } = options;
  const query = termsOf(options);
  query.set('by', by);
  if (withoutApproval !== undefined) query.set('without-approval', withoutApproval);
  const starting = createControllerClient(socket).change({
    method: 'POST',
    path: `/v1/rollout?${query.toString()}`,
    body,
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
