/** calico-controller preview: shows what a configuration would change on all nodes. */
import { InvalidArgumentError, Option } from 'commander';
import { previewMarkdown, previewText } from '../../../core/preview/text/preview-text.ts';
import { answerOf, type AnswerForm } from '../../../runtime/cli/daemon-client.ts';
import {
  configArgument,
  examples,
  gather,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printResult, write, type OutputForm } from '../../../runtime/cli/print.ts';
import { mediaTypeOf, readConfig, type Input } from '../../../runtime/cli/read-input.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { FleetPreview } from '../../../schemas/generated/fleet-preview.ts';
import { proposalAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';

interface PreviewOptions extends SocketOptions {
  readonly output: OutputForm | 'markdown';
  readonly node?: readonly string[];
  readonly despite?: readonly string[];
  readonly base?: number;
  readonly proposal?: string;
}

const previewAnswer: AnswerForm<FleetPreview> = async () =>
  (await import('../../../schemas/generated/fleet-preview.validator.js')).isFleetPreview;

/** A comparison on thousands of nodes takes seconds, and may wait for others. */
const previewMs = 120_000;

export const addPreview: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('preview')
    .summary('show what a configuration would change on all nodes')
    .description(
      'Compares a configuration with what the nodes have, on all nodes that the controller knows, by ' +
        'their facts: AS numbers, roles, BGP sessions, resources, lost routes, and what the whole fleet ' +
        'has to do in step. Nodes with the same change share an entry. Nothing is changed. Exit status: ' +
        '0 nothing changes, 3 something does, 2 the configuration has errors, 1 there is no preview.',
    )
    .argument('[config]', configArgument)
    .option('--proposal <id>', 'the configuration of this proposal, with its --despite')
    .option(
      '--node <name>',
      'show everything about this node instead; may be given several times',
      gather,
    )
    .option(
      '--base <number>',
      'compare with this revision; 0 is nothing (default: the one that the nodes have)',
      parseBase,
    )
    .option(
      '--despite <node>',
      'as of a push: the errors of this node become warnings; may be given several times',
      gather,
    )
    .addOption(
      new Option('-o, --output <form>', 'how to print; markdown is for a merge request')
        .choices(['text', 'markdown', 'json'])
        .default('text'),
    );
  addSocketOption(command)
    .addHelpText(
      'after',
      examples([
        ['what would a push change?', 'calico-controller preview network.yaml'],
        ['on one node, with all sessions', 'calico-controller preview network.yaml --node node-7'],
        ['for a merge request', 'calico-controller preview network.yaml -o markdown > preview.md'],
        [
          'do nodes lose routes?',
          "calico-controller preview network.yaml -o json | jq '.traffic.lost'",
        ],
      ]),
    )
    .action(
      toAction((config: string | undefined, options: PreviewOptions) =>
        preview(config, options, context),
      ),
    );
};

async function preview(
  path: string | undefined,
  { socket, output, node = [], despite: given = [], base, proposal }: PreviewOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { name, text, despite } = await configOf(path, proposal, socket, context);
  const options = { socket, output, node, despite: [...given, ...despite] };
  return previewInput({ name, text }, { ...options, ...(base !== undefined && { base }) }, context);
}

/** Asks the controller, and prints what it says. */
export async function previewInput(
  { name, text }: Input,
  { socket, output, node = [], despite = [], base }: Omit<PreviewOptions, 'proposal'>,
  context: CommandContext,
): Promise<ExitStatus> {
  const query = new URLSearchParams(base === undefined ? {} : { base: String(base) });
  for (const one of node) query.append('node', one);
  for (const one of despite) query.append('despite', one);
  const asking = createControllerClient(socket).read({
    method: 'POST',
    path: `/v1/preview?${query.toString()}`,
    body: text,
    mediaType: mediaTypeOf(text),
    timeoutMs: previewMs,
  });
  const answer = await answerOf(asking, previewAnswer);
  await print(context.stdout, output, answer, name);
  return previewStatus(answer);
}

interface Previewed extends Input {
  /** Nodes whose errors are warnings. */
  readonly despite: readonly string[];
}

/** @throws AppError usage, not-found, and those of a file */
async function configOf(
  path: string | undefined,
  proposal: string | undefined,
  socket: string,
  context: CommandContext,
): Promise<Previewed> {
  if ((path === undefined) === (proposal === undefined)) {
    throw new AppError('usage', 'name the configuration, or a proposal with --proposal');
  }
  if (path !== undefined) return { ...(await readConfig(path, context)), despite: [] };
  const asked = `/v1/proposals/${encodeURIComponent(proposal ?? '')}`;
  const asking = createControllerClient(socket).read({ method: 'GET', path: asked });
  const { proposal: shown, text } = await answerOf(asking, proposalAnswer);
  const name = `proposal ${shown.id}`;
  if (text !== undefined) return { name, text, despite: shown.plan.despite ?? [] };
  throw new AppError('not-found', `cannot preview ${name}: it is ${shown.state}, and has no text`);
}

function print(
  stdout: NodeJS.WritableStream,
  output: PreviewOptions['output'],
  answer: FleetPreview,
  name: string,
): Promise<void> {
  if (output === 'markdown') return write(stdout, previewMarkdown(answer, name));
  return printResult(stdout, output, answer, () => previewText(answer, name));
}

const statuses: Readonly<Record<FleetPreview['outcome'], ExitStatus>> = {
  same: 0,
  changes: 3,
  refused: 2,
};

/** 0 nothing changes, 3 something does, 2 it has errors */
export function previewStatus({ outcome }: Pick<FleetPreview, 'outcome'>): ExitStatus {
  return statuses[outcome];
}

function parseBase(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is the number of a revision, or 0.');
}
