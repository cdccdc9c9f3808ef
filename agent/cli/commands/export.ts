/** calico-agent export: a running cluster's BGP and pools as a NetworkConfig, to start from. */
import { Option, type Command } from 'commander';
import { AppError } from '../../../runtime/errors.ts';
import { hasErrors } from '../../../core/issue.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
import { examples } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext, DatastoreOptions } from '../command-context.ts';

export function addExport(program: Command, context: CommandContext, toAction: ToAction): void {
  program
    .command('export')
    .summary("print a running cluster's BGP and pools as a configuration")
    .description(
      "Reads a running cluster's BGP and pools back into a NetworkConfig, as a start for clusters that " +
        'are older than the agent. Needs no daemon and no agent.yaml, and changes nothing. Objects ' +
        'that the document cannot express are listed on stderr; they stay as they are in the cluster.',
    )
    .addOption(
      new Option(
        '--from <datastore>',
        'where Calico keeps its resources (default: as agent.yaml says; without it as calicoctl finds them)',
      ).choices(['etcd', 'kubernetes', 'files', 'auto']),
    )
    .option('-f, --config <file>', 'agent.yaml (default: /etc/calico-agent/agent.yaml)')
    .option('--directory <folder>', 'the folder of the files')
    .option('--kubeconfig <file>', 'how to reach Kubernetes')
    .option('--context <name>', 'the context in the kubeconfig')
    .addHelpText(
      'after',
      examples([
        ['from what calicoctl uses here', 'calico-agent export > network.yaml'],
        [
          'from a cluster elsewhere',
          'calico-agent export --from kubernetes --kubeconfig ~/.kube/config > network.yaml',
        ],
        ['is it right?', 'calico-agent export | calico-agent check -'],
      ]),
    )
    .action(toAction((options: DatastoreOptions) => exportCluster(options, context)));
}

async function exportCluster(
  options: DatastoreOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const connected = await context.connectDatastore({
    ...withoutContradiction(options),
    asCalicoctl: true,
  });
  try {
    const survey = await connected.survey.survey();
    const { exportConfig } = await import('../../../core/export/export-config.ts');
    const { text, issues } = exportConfig(survey);
    const name = options.directory ?? 'cluster';
    await write(context.stderr, formatIssues([{ name, issues }]));
    await write(context.stdout, text);
    // The agent would refuse the document.
    return hasErrors(issues) ? 1 : 0;
  } finally {
    await connected.datastore.close();
  }
}

/** An option that belongs to one datastore chooses that datastore. */
function withoutContradiction(options: DatastoreOptions): DatastoreOptions {
  const chosen = [
    ...(options.directory === undefined ? [] : [['files', '--directory'] as const]),
    ...(options.kubeconfig === undefined ? [] : [['kubernetes', '--kubeconfig'] as const]),
    ...(options.context === undefined ? [] : [['kubernetes', '--context'] as const]),
  ];
  const from = options.from ?? chosen[0]?.[0];
  const [, contradiction] = chosen.find(([datastore]) => datastore !== from) ?? [];
  if (contradiction === undefined) return from === undefined ? options : { ...options, from };
  throw new AppError(
    'usage',
    `cannot export from ${String(from)} with ${contradiction}: that is for another datastore`,
  );
}
