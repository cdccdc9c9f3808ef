/** calico-controller source: the file that the controller follows, and pushing it. */
import { shellWord } from '../../core/shell-word.ts';
import { formatIssue } from '../../core/issue-text.ts';
import { answerOf } from '../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  addYesOption,
  examples,
  type OutputOptions,
  type SocketOptions,
  type YesOptions,
} from '../../runtime/cli/options.ts';
import { printAnswer } from '../../runtime/cli/print.ts';
import type { ExitStatus } from '../../runtime/cli/terminal.ts';
import type { Source } from '../../schemas/generated/controller-api/source.ts';
import { pushAnswer, sourceAnswer } from './answers.ts';
import type { AddControllerCommand, CommandContext } from './command-context.ts';
import { addSocketOption, createControllerClient } from './controller-client.ts';
import { pushText } from './push-texts.ts';

interface SourceOptions extends SocketOptions, OutputOptions, YesOptions {
  readonly retry: boolean;
}

export const addSource: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('source')
    .summary('show the file that the controller follows, and push it')
    .description(
      'Shows the file that the controller follows (serve --source): whether it is the newest revision, ' +
        'its commit, and the errors for which it was refused. With --yes the controller pushes the file as ' +
        'it is now, or starts a rollout where it has a strategy (serve --source-strategy).',
    );
  addOutputOption(addSocketOption(addYesOption(command, 'push the file')))
    .option(
      '--retry',
      'with --yes: also where agents or a person rejected this content before',
      false,
    )
    .addHelpText(
      'after',
      examples([
        ['is everything pushed?', 'calico-controller source'],
        ['push it', 'calico-controller source --yes'],
      ]),
    )
    .action(toAction((options: SourceOptions) => source(options, context)));
};

async function source(
  { socket, output, yes = false, retry }: SourceOptions,
  { by, stdout }: CommandContext,
): Promise<ExitStatus> {
  const client = createControllerClient(socket);
  if (!yes) {
    const reading = client.read({ method: 'GET', path: '/v1/source' });
    await printAnswer(stdout, output, await answerOf(reading, sourceAnswer), sourceText);
    return 0;
  }
  const query = new URLSearchParams({ by, ...(retry && { retry: 'true' }) });
  const path = `/v1/source?${query.toString()}`;
  const pushing = client.change({ method: 'POST', path, timeoutMs: pushMs });
  await printAnswer(stdout, output, await answerOf(pushing, pushAnswer), pushText);
  return 0;
}

/** A check against thousands of nodes takes a while. */
const pushMs = 120_000;

function sourceText({ file, state, why, commit, issues = [], ...who }: Source): string {
  return [
    `file    ${file}; ${howItComes(who)}`,
    ...(commit === undefined ? [] : [`commit  ${commit.id.slice(0, 12)} by ${commit.author}`]),
    `state   ${states[state]}${why === undefined ? '' : `: ${why}`}`,
    ...(state === 'proposed'
      ? [`preview calico-controller preview ${shellWord(file)} shows what it would change`]
      : []),
    ...issues.map((issue) => formatIssue(issue, file)),
  ].join('\n');
}

const states: Readonly<Record<Source['state'], string>> = {
  reading: 'not read yet',
  unreadable: 'cannot be used now; the newest revision stays',
  same: 'is the newest revision',
  refused: 'refused',
  waiting: 'waits for a rollout',
  proposed: 'waits for a person',
};

function howItComes({
  pushes,
  proposes = false,
  strategy,
}: Pick<Source, 'pushes' | 'proposes' | 'strategy'>): string {
  if (proposes) return 'the controller proposes it, and people approve and apply it';
  if (strategy !== undefined) {
    const who = pushes ? 'the controller starts a rollout by itself' : 'a person starts a rollout';
    return `${who}, with the strategy ${strategy}`;
  }
  return pushes ? 'the controller pushes it by itself' : 'a person pushes it';
}
