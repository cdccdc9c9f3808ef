/** calico-agent microk8s upgrade-calico: the new release of Calico, with the changes of people in it. */
import { InvalidArgumentError, type Command } from 'commander';
import { textBounds } from '../../../core/input/bounds.ts';
import {
  mergeId,
  mergeManifests,
  type MergedManifests,
} from '../../../core/platform/microk8s/merge/merge-manifests.ts';
import { mergedText, type Answers } from '../../../core/platform/microk8s/merge/merged-text.ts';
import { onlyNewObjects } from '../../../core/platform/microk8s/merge/only-new-objects.ts';
import { readAnswers } from '../../../core/platform/microk8s/merge/read-answers.ts';
import { snapData } from '../../../core/platform/microk8s/report-microk8s.ts';
import { AppError } from '../../../runtime/errors.ts';
import { formatIssues, type InputIssues } from '../../../runtime/cli/issue-report.ts';
import { examples, gather } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import { readInput } from '../../../runtime/cli/read-input.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { findUpgrade } from '../../app/microk8s/find-upgrade.ts';
import { upgradeCalico } from '../../app/microk8s/upgrade-calico.ts';
import type { CommandContext } from '../command-context.ts';
import { unifiedDiff } from '../../../runtime/cli/unified-diff.ts';
import { outcomeText, planText } from './text.ts';

interface UpgradeOptions {
  readonly shippedBefore?: string;
  readonly answers?: string;
  readonly mine?: readonly string[];
  readonly shipped?: readonly string[];
  readonly diff?: true;
  readonly fileOnly?: true;
  readonly lock?: true;
  readonly yes?: true;
  readonly timeout: number;
}

const manifestFile = `${snapData}/args/cni-network/cni.yaml`;
const defaultTimeoutSeconds = 600;

export function addUpgradeCalico(
  microk8s: Command,
  context: CommandContext,
  toAction: ToAction,
): void {
  microk8s
    .command('upgrade-calico')
    .summary('upgrade Calico to the release of the snap, and keep the changes in cni.yaml')
    .description(
      'Compares three manifests field by field: as MicroK8s shipped the release in use, as cni.yaml is ' +
        'now, and as the snap ships it now. Changes of people are carried over; where both changed a ' +
        'field, you decide. Shows what would happen, and does it with --yes: tries each object as a dry ' +
        'run, keeps the old file, writes, applies, waits for Calico, and goes back where it does not ' +
        'become ready. Where a refresh of the snap replaced cni.yaml, the changes of cni.yaml.backup are ' +
        'carried over.',
    )
    .option('--shipped-before <file>', 'the manifest that MicroK8s shipped with the release in use')
    .option('--mine <id>', 'keep this change of yours; "all" for all conflicts', gather)
    .option('--shipped <id>', 'take what the new release has there', gather)
    .option('--answers <file>', 'a file with lines "ID: mine" and "ID: shipped"')
    .option('--diff', 'show the difference to cni.yaml line by line')
    .option('--file-only', 'write cni.yaml and do not apply it: on the other nodes')
    .option('--lock', 'set the lock no-manage-calico, so that no refresh replaces cni.yaml again')
    .option(
      '--timeout <seconds>',
      'the time for Calico to become ready',
      seconds,
      defaultTimeoutSeconds,
    )
    .option('--yes', 'do it; without --yes the command only shows what it would do')
    .addHelpText(
      'after',
      examples([
        ['what would it change?', 'calico-agent microk8s upgrade-calico --diff'],
        ['upgrade', 'sudo calico-agent microk8s upgrade-calico --yes --lock'],
        [
          'then on each other node',
          'sudo calico-agent microk8s upgrade-calico --yes --lock --file-only',
        ],
      ]),
    )
    .action(toAction((options: UpgradeOptions) => upgrade(options, context)));
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 86_400) return value;
  throw new InvalidArgumentError('expected a whole number of seconds, 1 to 86400');
}

async function upgrade(options: UpgradeOptions, context: CommandContext): Promise<ExitStatus> {
  const { files, microk8s } = await context.connectMicroK8s();
  const given = options.shippedBefore;
  const before =
    given === undefined ? undefined : await readInput(given, textBounds.hostYaml.maxBytes, context);
  const found = await findUpgrade(files, before && { file: before.name, text: before.text });
  if (!found.due) {
    await write(
      context.stdout,
      `cni.yaml has Calico ${found.version}, as the snap ships it: nothing to do\n`,
    );
    return 0;
  }
  const merge = mergeManifests(found);
  if (merge.issues.length > 0) {
    await write(context.stderr, formatIssues(merge.issues.map(ofFile)));
    return 2;
  }
  const ids = new Set([...merge.carried, ...merge.conflicts].map(mergeId));
  const answers = await answersOf(options, ids, new Set(merge.conflicts.map(mergeId)), context);
  if (answers === undefined) return 2;
  const merged = mergedText(found.shipped.text, merge.carried, merge.conflicts, answers);
  await write(context.stdout, planText(found, merge, merged, answers));
  if (options.diff === true) {
    const now = { name: manifestFile, text: found.current };
    await write(context.stdout, `\n${unifiedDiff(now, { name: 'merged', text: merged.text })}`);
  }
  if (merged.open.length > 0 || merged.stuck.length > 0) return 2;
  if (options.yes !== true) {
    await write(context.stdout, '\nnothing was changed; --yes does it\n');
    return 0;
  }
  const outcome = await upgradeCalico(
    microk8s,
    {
      current: found.current,
      merged: merged.text,
      from: found.from,
      timeoutSeconds: options.timeout,
      fileOnly: options.fileOnly === true,
      path: manifestFile,
    },
    (text) => context.stderr.write(`${text}\n`),
  );
  const isDone = outcome.result === 'upgraded' || outcome.result === 'file-written';
  const onlyNew = onlyNewObjects(found.current, merged.text);
  const showOutcome = (isLocked: boolean): Promise<void> =>
    write(context.stdout, outcomeText(outcome, { to: found.to, isLocked, onlyNew }));
  if (isDone && options.lock === true) {
    await microk8s.setLock('no-manage-calico').catch(async (error: unknown) => {
      // The upgrade is done also where the lock cannot be set.
      await showOutcome(false);
      throw error;
    });
  }
  await showOutcome(options.lock === true);
  return isDone ? 0 : 1;
}

/** Undefined: the file with answers was refused, and stderr has why. */
async function answersOf(
  { answers: file, mine = [], shipped = [] }: UpgradeOptions,
  known: ReadonlySet<string>,
  conflicts: ReadonlySet<string>,
  context: CommandContext,
): Promise<Answers | undefined> {
  const answers = new Map<string, 'mine' | 'shipped'>();
  if (file !== undefined) {
    const { text } = await readInput(file, textBounds.settings.maxBytes, context);
    const read = readAnswers(text, known);
    if (!read.ok) {
      await write(context.stderr, formatIssues([{ name: file, issues: read.issues }]));
      return undefined;
    }
    for (const [id, side] of read.answers) answers.set(id, side);
  }
  const sides = [
    ['mine', mine],
    ['shipped', shipped],
  ] as const;
  for (const [side, ids] of sides) {
    for (const id of ids.flatMap((one) => (one === 'all' ? [...conflicts] : [one]))) {
      if (!known.has(id)) {
        throw new AppError(
          'usage',
          `nothing is open under "${id}"; without --yes the command shows the IDs`,
        );
      }
      answers.set(id, side);
    }
  }
  return answers;
}

function ofFile({ file = '', ...issue }: MergedManifests['issues'][number]): InputIssues {
  return { name: file, issues: [{ ...issue, pointer: '' }] };
}
