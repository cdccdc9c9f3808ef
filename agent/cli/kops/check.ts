/** calico-agent kops check: all issues of a cluster document at once. */
import type { Command } from 'commander';
import { hasErrors, type Issue } from '../../../core/issue.ts';
import type { CheckedText } from '../../../core/kops/check/check-cluster.ts';
import { countIssues, formatIssues } from '../../../runtime/cli/issue-report.ts';
import { addOutputOption, examples, type OutputOptions } from '../../../runtime/cli/options.ts';
import { printResult } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import {
  addVersionOptions,
  clusterArgument,
  fileWord,
  versionsOf,
  type VersionOptions,
} from './options.ts';
import type { LiveOptions } from '../input/live-options.ts';
import { addKopsLive, readLive, refuseSeveral, type Live } from './live.ts';
import type { pairClusters } from './read-pair.ts';
import { describeCluster } from './text.ts';

interface CheckOptions extends VersionOptions, OutputOptions, LiveOptions {
  readonly before?: string;
  readonly acceptLoss?: true;
}

export function addKopsCheck(kops: Command, context: CommandContext, toAction: ToAction): void {
  const command = kops
    .command('check')
    .summary('list all issues of a cluster document')
    .description(
      'Lists what kops refuses, what it drops without a word, and what it lets through although it ' +
        'breaks the network. With --before also what the change does to a running cluster, and with --live where ' +
        'the running cluster differs from the document.',
    )
    .argument('<cluster>', clusterArgument)
    .option('--before <file>', 'the document in force: compare with it')
    .option('--accept-loss', 'changes that break a running cluster are warnings');
  addOutputOption(addVersionOptions(addKopsLive(command)))
    .addHelpText(
      'after',
      examples([
        ['a file', 'calico-agent kops check cluster.yaml'],
        ['before an upgrade of kops', 'calico-agent kops check cluster.yaml --kops-version 1.30'],
        [
          'against the document in force',
          'kops get cluster NAME -o yaml | calico-agent kops check cluster.yaml --before -',
        ],
        ['against the running cluster', 'calico-agent kops check cluster.yaml --live'],
        ['for a script', "calico-agent kops check cluster.yaml -o json | jq -r '.issues[].code'"],
      ]),
    )
    .action(toAction((path: string, options: CheckOptions) => check(path, options, context)));
}

async function check(
  path: string,
  options: CheckOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const [{ checkText }, { pairClusters, readPair }] = await Promise.all([
    import('../../../core/kops/check/check-cluster.ts'),
    import('./read-pair.ts'),
  ]);
  const { input, before } = await readPair(path, options.before, context);
  const versions = versionsOf(options);
  const checked = checkText(input.text, versions);
  const compared = await compare(pairClusters(checked.clusters, before, versions), options);
  const live = checked.clusters.length === 0 ? undefined : await readLive(options, context);
  const found = live === undefined ? [] : await compareLive(checked, live, input.name, options);
  const issues = [...checked.issues, ...compared, ...found];
  const text = (): string =>
    formatIssues([{ name: input.name, issues }]) + summary(input.name, checked, issues);
  await printResult(context.stdout, options.output, { issues, ...live?.named }, text);
  return hasErrors(issues) ? 2 : 0;
}

async function compare(
  { pairs, issues }: ReturnType<typeof pairClusters>,
  { acceptLoss }: CheckOptions,
): Promise<readonly Issue[]> {
  const { checkChange } = await import('../../../core/kops/change/check-change.ts');
  const found = pairs.flatMap(({ cluster, old }) =>
    old === undefined ? [] : checkChange(old, cluster),
  );
  return [...issues, ...accepted(found, acceptLoss)];
}

function accepted(issues: readonly Issue[], acceptLoss: true | undefined): readonly Issue[] {
  return acceptLoss === true ? issues.map((issue) => ({ ...issue, severity: 'warning' })) : issues;
}

async function compareLive(
  { clusters }: CheckedText,
  live: Live,
  name: string,
  options: CheckOptions,
): Promise<readonly Issue[]> {
  const [cluster] = clusters;
  if (cluster === undefined) return [];
  refuseSeveral(clusters);
  const { compareLiving, livingIssues } =
    await import('../../../core/kops/living/compare-living.ts');
  const issues = livingIssues(
    compareLiving(cluster, live.cluster),
    cluster,
    fileWord(name),
    options,
  );
  return accepted(issues, options.acceptLoss);
}

function summary(name: string, { clusters }: CheckedText, issues: readonly Issue[]): string {
  const counts = countIssues(issues);
  if (hasErrors(issues)) return counts;
  const outcome = counts === '' ? `${name} is valid` : `${name} is valid, with ${counts}`;
  return `${outcome}: ${clusters.map(describeCluster).join('; ')}`;
}
