/**
 * calico-agent diff: shows the differences between two kept revisions, in their texts or in their
 * resources.
 */
import type { Command } from 'commander';
import { revisionText } from '../../../core/revision/revision-text.ts';
import { examples, type SocketOptions } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { addStateDirectoryOption, type StateDirectoryOptions } from '../state-directory.ts';
import { fetchRevision, revisionArgument } from './show.ts';
import { unifiedDiff, type NamedText } from '../../../runtime/cli/unified-diff.ts';

interface DiffOptions extends SocketOptions, StateDirectoryOptions {
  readonly resources?: true;
}

export function addDiff(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('diff')
    .summary('show what differs between two revisions')
    .description(
      'Shows what differs between the configurations of two revisions, or with --resources between ' +
        'what they ask for on this node, which needs a running daemon. Nothing printed: no difference.',
    )
    .argument('<from>', revisionArgument)
    .argument('<to>', 'the same')
    .option('--resources', 'compare the Calico resources that each configuration gives this node');
  addSocketOption(addStateDirectoryOption(command))
    .addHelpText(
      'after',
      examples([
        ['what did revision 4 change?', 'calico-agent diff 3 4'],
        ['and what became of it here?', 'calico-agent diff 3 4 --resources'],
      ]),
    )
    .action(
      toAction(async (from: string, to: string, options: DiffOptions): Promise<ExitStatus> => {
        const textOf = options.resources === true ? resourcesOf : configurationOf;
        const before = await textOf(from, options, context);
        const after = await textOf(to, options, context);
        await write(context.stdout, unifiedDiff(before, after));
        return 0;
      }),
    );
}

async function configurationOf(
  name: string,
  options: DiffOptions,
  context: CommandContext,
): Promise<NamedText> {
  const { revision } = await fetchRevision(name, options, context);
  return { name: revisionText(revision), text: revision.text };
}

async function resourcesOf(
  name: string,
  options: DiffOptions,
  context: CommandContext,
): Promise<NamedText> {
  const query = new URLSearchParams({ revision: name });
  const path = `/v1/revision/resources?${query.toString()}`;
  const { body } = await createAgentClient(options.socket).read({ method: 'GET', path });
  const { revision } = await fetchRevision(name, options, context);
  return { name: revisionText(revision), text: body };
}
