/** calico-agent export: a living cluster's BGP and pools as a NetworkConfig, to start from. */
import { Option, type Command } from 'commander';
import { AppError } from '../../../runtime/errors.ts';
import { hasErrors } from '../../../core/issue.ts';
import { formatIssues } from '../output/issue-report.ts';
import { examples } from '../options.ts';
import { write } from '../output/print.ts';
import type { CliWorld, DatastoreOptions, Ending, ExitStatus } from '../world.ts';

export function addExport(program: Command, world: CliWorld, ending: Ending): void {
  program
    .command('export')
    .summary("print a living cluster's BGP and pools as a configuration")
    .description(
      "Reads a living cluster's BGP and pools back into a NetworkConfig, as a start for people who " +
        'have one. Needs no daemon and no agent.yaml, and changes nothing. What the document ' +
        'cannot say is told on stderr, object by object: it stays as it is in the cluster.',
    )
    .addOption(
      new Option(
        '--from <datastore>',
        'where Calico keeps it (default: as agent.yaml says; without one as calicoctl finds it)',
      ).choices(['etcd', 'kubernetes', 'files', 'auto']),
    )
    .option('-f, --config <file>', 'agent.yaml (default: /etc/calico-agent/agent.yaml)')
    .option('--directory <folder>', 'where the files are')
    .option('--kubeconfig <file>', 'how to reach Kubernetes')
    .option('--context <name>', 'the context in it')
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
    .action(ending((options: DatastoreOptions) => exportCluster(options, world)));
}

async function exportCluster(options: DatastoreOptions, world: CliWorld): Promise<ExitStatus> {
  const connected = await world.connectDatastore({
    ...withoutContradiction(options),
    asCalicoctl: true,
  });
  try {
    const survey = await connected.survey.survey();
    const { exportConfig } = await import('../../../core/export/export-config.ts');
    const { text, issues } = exportConfig(survey);
    const name = options.directory ?? 'cluster';
    await write(world.stderr, formatIssues([{ name, issues }]));
    await write(world.stdout, text);
    // What the agent would not take is no start for anybody.
    return hasErrors(issues) ? 1 : 0;
  } finally {
    await connected.datastore.close();
  }
}

/** An option of one datastore chooses it. */
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
