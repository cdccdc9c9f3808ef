/** calico-agent kops explain: what a cluster document means, and what to run next. */
import type { Command } from 'commander';
import { hasErrors } from '../../../core/issue.ts';
import { printableData } from '../../../core/printable.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
import { addOutputOption, examples, type OutputOptions } from '../../../runtime/cli/options.ts';
import { printResult, write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import type { LiveOptions } from '../input/live-options.ts';
import { addKopsLive, readLive, refuseSeveral } from './live.ts';
import {
  addVersionOptions,
  clusterArgument,
  fileWord,
  versionsOf,
  type VersionOptions,
} from './options.ts';

interface ExplainOptions extends VersionOptions, OutputOptions, LiveOptions {
  readonly before?: string;
}

export function addKopsExplain(kops: Command, context: CommandContext, toAction: ToAction): void {
  const command = kops
    .command('explain')
    .summary('show what a cluster document means, and what to run next')
    .description(
      'Shows each value of the network with its meaning and where it comes from, what the provider ' +
        'needs beside the document, the next commands with what each disturbs, and the objects of a ' +
        'running cluster that kops does not change. With --live each difference between the document and ' +
        'the running cluster, which side wins, and the steps that bring them together.',
    )
    .argument('<cluster>', clusterArgument)
    .option('--before <file>', 'the document in force: explain the change');
  addOutputOption(addVersionOptions(addKopsLive(command)))
    .addHelpText(
      'after',
      examples([
        ['a file', 'calico-agent kops explain cluster.yaml'],
        ['a change', 'calico-agent kops explain new.yaml --before old.yaml'],
        ['the running cluster', 'calico-agent kops explain cluster.yaml --live'],
        [
          'the permissions as JSON',
          "calico-agent kops explain cluster.yaml -o json | jq -r '.clusters[].needs[].paste[]?'",
        ],
      ]),
    )
    .action(toAction((path: string, options: ExplainOptions) => explain(path, options, context)));
}

async function explain(
  path: string,
  options: ExplainOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const [{ checkText }, { explainCluster }, { explainText }, { pairClusters, readPair }] =
    await Promise.all([
      import('../../../core/kops/check/check-cluster.ts'),
      import('../../../core/kops/explain/explain-cluster.ts'),
      import('./text.ts'),
      import('./read-pair.ts'),
    ]);
  const { input, before } = await readPair(path, options.before, context);
  const versions = versionsOf(options);
  const checked = checkText(input.text, versions);
  const compared = pairClusters(checked.clusters, before, versions);
  const file = fileWord(input.name);
  const live = checked.clusters.length === 0 ? undefined : await readLive(options, context);
  if (live !== undefined) refuseSeveral(checked.clusters);
  const clusters = compared.pairs.map(({ cluster, old }) =>
    explainCluster(cluster, file, { before: old, live: live?.cluster, reach: options }),
  );
  const found = clusters.length > 0 ? clusters.flatMap((one) => one.issues) : checked.issues;
  const issues = [...compared.issues, ...found];
  if (options.output === 'text')
    await write(context.stderr, formatIssues([{ name: input.name, issues }]));
  const text = (): string => clusters.map((one) => explainText(printableData(one))).join('\n\n');
  await printResult(context.stdout, options.output, { clusters, issues, ...live?.named }, text);
  return hasErrors(issues) ? 2 : 0;
}
