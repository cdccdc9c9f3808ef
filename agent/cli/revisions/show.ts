/** calico-agent show: prints a kept revision, also while the daemon does not run. */
import type { Command } from 'commander';
import { revisionText } from '../../../core/revision/revision-text.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printResult, write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { KeptRevision } from '../../app/state/history.ts';
import type { CommandContext } from '../command-context.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { shownRevisionAnswer } from '../daemon/answers.ts';
import {
  addStateDirectoryOption,
  orOnDisk,
  type StateDirectoryOptions,
} from '../state-directory.ts';

type ShowOptions = SocketOptions & OutputOptions & StateDirectoryOptions;

export const revisionArgument =
  'a number, lineage and number (local:node-0#4), or 7 or more digits of the digest';

export function addShow(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('show')
    .summary('show the configuration of a revision')
    .description(
      'Shows the configuration of a revision as it was sent, and on stderr who sent it, when, and ' +
        'what became of it. Without a running daemon the command reads the state directory (as root).',
    )
    .argument('<revision>', revisionArgument);
  addOutputOption(addSocketOption(addStateDirectoryOption(command)))
    .addHelpText(
      'after',
      examples([
        ['as it was sent', 'calico-agent show 4'],
        ['into a file', 'calico-agent show 4 > previous.yaml'],
      ]),
    )
    .action(
      toAction(async (revision: string, options: ShowOptions): Promise<ExitStatus> => {
        const shown = await fetchRevision(revision, options, context);
        if (options.output === 'text') await write(context.stderr, `${aboutText(shown)}\n`);
        await printResult(context.stdout, options.output, shown, () => shown.revision.text);
        return 0;
      }),
    );
}

export function fetchRevision(
  name: string,
  options: SocketOptions & StateDirectoryOptions,
  context: CommandContext,
): Promise<KeptRevision> {
  const query = new URLSearchParams({ revision: name });
  const path = `/v1/revision?${query.toString()}`;
  return orOnDisk(
    () =>
      answerOf(
        createAgentClient(options.socket).read({ method: 'GET', path }),
        shownRevisionAnswer,
      ),
    options,
    context,
    (directory) => context.readRevision(directory, name),
  );
}

function aboutText({ summary }: KeptRevision): string {
  const { acceptedAt, by, states, outcome, rejection } = summary;
  const is = states.length === 0 ? '' : `, ${states.join(', ')}`;
  const why = rejection?.reason ?? outcome?.reason;
  const name = `revision ${revisionText(summary)}`;
  return `${name}: accepted at ${acceptedAt} from ${by}${is}${why === undefined ? '' : `: ${why}`}`;
}
