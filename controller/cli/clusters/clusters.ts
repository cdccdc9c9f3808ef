/** calico-controller clusters: the clusters of the controller, and whether each is served. */
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { Clusters } from '../../../schemas/generated/controller-api/clusters.ts';
import { clustersAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { readControllerConfig } from '../controller-config.ts';
import { completionMs, onlyText, printWords } from '../completion/completed-words.ts';
import { addPlainSocketOption, createProcessClient } from '../controller-client.ts';
import { clusterIn, serverIn } from '../remote/remote-options.ts';

interface ClustersOptions extends SocketOptions, OutputOptions {
  readonly names: boolean;
  readonly config?: string;
}

export const addClusters: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('clusters')
    .summary('list the clusters of the controller')
    .description(
      'Lists the clusters that the controller serves: where their agents connect, their nodes, their ' +
        'newest revision, and why one is not served. Over HTTPS those in which you have a role.',
    )
    .option('--names', onlyText('the names'), false);
  command.option(
    '--config <file>',
    'with --names: where no controller runs, print the clusters of these settings',
  );
  addOutputOption(addPlainSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['is each of them served?', 'calico-controller clusters'],
        [
          'the revision of each',
          'for c in $(calico-controller clusters --names); do calico-controller status --cluster "$c"; done',
        ],
      ]),
    )
    .action(toAction((options: ClustersOptions) => clusters(options, context)));
};

async function clusters(options: ClustersOptions, { stdout }: CommandContext): Promise<ExitStatus> {
  const { socket, output, names } = options;
  const reading = createProcessClient(socket).read({
    method: 'GET',
    path: '/v1/clusters',
    ...(names && { timeoutMs: completionMs }),
  });
  const asked = answerOf(reading, clustersAnswer);
  if (names) {
    const all = await asked.catch((error: unknown) => configuredInstead(error, options));
    return printWords(
      stdout,
      all.clusters.map(({ name }) => name),
    );
  }
  await printAnswer(stdout, output, await asked, clustersText);
  return 0;
}

/** @throws the error, where there are no settings to take the names from */
async function configuredInstead(
  error: unknown,
  { config, socket }: Pick<ClustersOptions, 'config' | 'socket'>,
): Promise<{ readonly clusters: readonly { readonly name: string }[] }> {
  // The settings of this machine say nothing about a controller on another one.
  if (config === undefined || serverIn(clusterIn(socket).place) !== undefined) throw error;
  const { clusters: listed } = await readControllerConfig(config);
  if (listed === undefined) throw error;
  return { clusters: listed };
}

function clustersText({ clusters: all }: Clusters): string {
  const rows = all.map(({ name, state, listen, tls, connected, known, revision }) => [
    name,
    state,
    listen === undefined ? '-' : `${tls === true ? 'wss' : 'ws'}://${listen}`,
    known === undefined ? '-' : `${String(connected ?? 0)} of ${String(known)}`,
    revision === undefined ? '-' : String(revision),
  ]);
  const table = formatTable(
    ['CLUSTER', 'STATE', 'AGENTS CONNECT TO', 'CONNECTED', 'REVISION'],
    rows,
  );
  const problems = all.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`${name}: ${problem}`],
  );
  return [table, ...problems].join('\n');
}
