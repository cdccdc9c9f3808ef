/** calico-agent kops stanza: the line of `kops create cluster` → what it writes into the document. */
import { Option, type Command } from 'commander';
import { fromFlags } from '../../../core/kops/create/from-flags.ts';
import { yamlText } from '../../../core/yaml-text.ts';
import { AppError } from '../../../runtime/errors.ts';
import { addOutputOption, examples, type OutputOptions } from '../../../runtime/cli/options.ts';
import { printResult, write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { addVersionOptions, versionsOf, type VersionOptions } from './options.ts';

interface StanzaOptions extends VersionOptions, OutputOptions {
  readonly apiVersion: 'v1alpha2' | 'v1alpha3';
}

export function addKopsStanza(kops: Command, context: CommandContext, toAction: ToAction): void {
  const command = kops
    .command('stanza')
    .summary('print what a line of kops create cluster writes into the document')
    .description(
      'Prints the part of the document that the network flags of a line make. The way back, from a ' +
        'document to the line, is at the end of calico-agent kops explain.',
    )
    .argument('<words...>', 'the line after --: kops create cluster … --networking calico')
    .addOption(
      new Option('--api-version <version>', 'the API version of the document')
        .choices(['v1alpha2', 'v1alpha3'])
        .default('v1alpha2'),
    );
  addOutputOption(addVersionOptions(command))
    .addHelpText(
      'after',
      examples([
        [
          'Calico',
          'calico-agent kops stanza -- kops create cluster --zones us-east-1a --networking calico',
        ],
        [
          'as an old version wrote it',
          'calico-agent kops stanza --kops-version 1.10 -- --networking weave',
        ],
      ]),
    )
    .action(toAction((words: string[], options: StanzaOptions) => stanza(words, options, context)));
}

async function stanza(
  words: readonly string[],
  options: StanzaOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const api = options.apiVersion === 'v1alpha3' ? 3 : 2;
  const created = fromFlags(words, { ...versionsOf(options), api });
  if (!created.ok) {
    const { message, hint } = created;
    throw new AppError('usage', hint === undefined ? message : `${message}; ${hint}`);
  }
  const { document, ignored, target } = created.value;
  if (ignored.length > 0 && options.output === 'text') {
    await write(context.stderr, `not about the network: ${ignored.join(' ')}\n`);
  }
  await printResult(context.stdout, options.output, { document, ignored, target }, () =>
    yamlText(document),
  );
  return 0;
}
