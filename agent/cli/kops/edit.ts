/** calico-agent kops edit: changes a cluster document, and keeps the rest of it byte for byte. */
import type { Command } from 'commander';
import type { Issue } from '../../../core/issue.ts';
import type { EditedCluster } from '../../../core/kops/edit/edit-cluster.ts';
import type { LivingCluster } from '../../../core/kops/living/living-cluster.ts';
import { AppError } from '../../../runtime/errors.ts';
import { countIssues, formatIssues } from '../../../runtime/cli/issue-report.ts';
import {
  addOutputOption,
  addYesOption,
  examples,
  gather,
  type OutputOptions,
  type YesOptions,
} from '../../../runtime/cli/options.ts';
import { printResult, write, writeDocument } from '../../../runtime/cli/print.ts';
import type { Input } from '../../../runtime/cli/read-input.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import type { LiveOptions } from '../input/live-options.ts';
import { addKopsLive, readLive, type Live } from './live.ts';
import {
  addVersionOptions,
  clusterArgument,
  fileWord,
  readCluster,
  versionsOf,
  type VersionOptions,
} from './options.ts';

interface EditOptions extends VersionOptions, OutputOptions, YesOptions, LiveOptions {
  readonly set?: readonly string[];
  readonly unset?: readonly string[];
  readonly networking?: string;
  readonly cluster?: string;
  readonly acceptLoss?: true;
  readonly print?: true;
}

export function addKopsEdit(kops: Command, context: CommandContext, toAction: ToAction): void {
  const command = kops
    .command('edit')
    .summary('set and remove fields of a cluster document, or change its provider')
    .description(
      'Shows the difference, and with --yes writes the file. All other lines, comments and quotes stay ' +
        'as they are. Refuses what kops would refuse or drop, and what breaks a running cluster. With ' +
        '--live shows where the running cluster differs from the new document.',
    )
    .argument('<cluster>', clusterArgument)
    .option('--set <field=value>', 'set a field; may be given several times', gather)
    .option('--unset <field>', 'remove a field; may be given several times', gather)
    .option(
      '--networking <provider>',
      'take this provider, by the name that kops create cluster --networking takes',
    )
    .option('--cluster <name>', 'the cluster to edit, where the file has several')
    .option('--accept-loss', 'allow a change that breaks a running cluster')
    .option('--print', 'print the whole new document, and write nothing');
  addOutputOption(addVersionOptions(addKopsLive(addYesOption(command, 'write the file'))))
    .addHelpText(
      'after',
      examples([
        [
          'the MTU of jumbo frames',
          'calico-agent kops edit cluster.yaml --set spec.networking.calico.mtu=8981 --yes',
        ],
        [
          'what crossSubnet means in this version',
          'calico-agent kops edit cluster.yaml --set spec.networking.calico.crossSubnet=true',
        ],
        ['from kubenet to Calico', 'calico-agent kops edit cluster.yaml --networking calico --yes'],
        [
          'without a file',
          'kops get cluster NAME -o yaml | calico-agent kops edit - --set spec.networking.calico.mtu=8981 --print | kops replace -f -',
        ],
      ]),
    )
    .action(toAction((path: string, options: EditOptions) => edit(path, options, context)));
}

async function edit(
  path: string,
  options: EditOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  refuseNothing(options);
  if (path === '-' && options.yes === true) {
    throw new AppError('usage', 'cannot write to stdin: use --print, and redirect the output');
  }
  const input = await readCluster(path, context);
  const live = await readLive(options, context);
  const edited = await editInput(input, options, live?.cluster);
  if (edited.kind === 'edited')
    return report(path, input, { ...edited, ...(live && { named: live.named }) }, options, context);
  const { issues } = edited;
  await printResult(context.stdout, options.output, { issues, ...live?.named }, () =>
    formatIssues([{ name: input.name, issues }]),
  );
  return 2;
}

function refuseNothing({ set = [], unset = [], networking }: EditOptions): void {
  if (set.length + unset.length > 0 || networking !== undefined) return;
  throw new AppError('usage', 'nothing to edit: give --set, --unset or --networking');
}

type Edited =
  | { readonly kind: 'unreadable'; readonly issues: readonly Issue[] }
  | ({ readonly kind: 'edited' } & EditedCluster);

async function editInput(
  input: Input,
  options: EditOptions,
  live: LivingCluster | undefined,
): Promise<Edited> {
  const [{ readClusters }, { judge }, { editCluster }] = await Promise.all([
    import('../../../core/kops/document/read-clusters.ts'),
    import('../../../core/kops/check/check-cluster.ts'),
    import('../../../core/kops/edit/edit-cluster.ts'),
  ]);
  const { clusters, issues } = readClusters(input.text);
  if (clusters.length === 0) return { kind: 'unreadable', issues };
  const names = clusters.map(({ name = '(no name)' }) => name).join(', ');
  const chosen = clusters.filter(
    ({ name }) => options.cluster === undefined || name === options.cluster,
  );
  const [cluster] = chosen;
  if (cluster === undefined || chosen.length > 1) {
    const reason =
      cluster === undefined
        ? `there is none named "${options.cluster ?? ''}"`
        : 'there are several';
    throw new AppError(
      'usage',
      `cannot choose the cluster: ${reason}; name it with --cluster: ${names}`,
    );
  }
  const versions = versionsOf(options);
  const { networking, set = [], unset = [], acceptLoss } = options;
  const edits = { sets: set, unsets: unset, ...(networking !== undefined && { networking }) };
  const before = judge(cluster, versions);
  const edited = editCluster(input.text, before, edits, {
    ...versions,
    acceptLoss: acceptLoss === true,
  });
  if (live === undefined) return { kind: 'edited', ...edited };
  const { besideLive } = await import('../../../core/kops/edit/beside-live.ts');
  const how = {
    ...versions,
    acceptLoss: acceptLoss === true,
    file: fileWord(input.name),
    reach: options,
  };
  return { kind: 'edited', ...besideLive(before, edited, live, how) };
}

async function report(
  path: string,
  input: Input,
  edited: EditedCluster & Partial<Pick<Live, 'named'>>,
  options: EditOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { text, refusals, issues, warnings } = edited;
  const found = [...refusals, ...warnings, ...issues];
  const isRefused = refusals.length > 0;
  const isWritten =
    !isRefused && options.yes === true && options.print !== true && text !== input.text;
  if (isWritten) {
    const { replaceFile } = await import('../../../runtime/files/replace-file.ts');
    await replaceFile(path, text);
  }
  const { unifiedDiff } = await import('../../../runtime/cli/unified-diff.ts');
  const diff = isRefused ? '' : unifiedDiff(input, { name: input.name, text });
  if (options.print === true && options.output === 'text') {
    await write(context.stderr, formatIssues([{ name: input.name, issues: found }]));
    if (!isRefused) await writeDocument(context.stdout, text);
    return isRefused ? 2 : 0;
  }
  const result = {
    changed: text !== input.text && !isRefused,
    written: isWritten,
    diff,
    issues: found,
    ...edited.named,
  };
  const answer = options.print === true && !isRefused ? { ...result, text } : result;
  await printResult(
    context.stdout,
    options.output,
    answer,
    () =>
      diff +
      formatIssues([{ name: input.name, issues: found }]) +
      outcome(input, edited, isWritten),
  );
  return isRefused ? 2 : 0;
}

function outcome(input: Input, { text, refusals }: EditedCluster, isWritten: boolean): string {
  if (refusals.length > 0)
    return `nothing is changed, because the edit itself has ${countIssues(refusals)}`;
  if (text === input.text) return 'nothing to do: the document says so already';
  if (!isWritten) return 'nothing is written yet: --yes writes the file';
  return `${input.name} is written; next: calico-agent kops explain ${fileWord(input.name)}`;
}
