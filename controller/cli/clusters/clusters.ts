/** calico-controller clusters: the clusters of the controller, and whether each is served. */
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer, write } from '../../../runtime/cli/print.ts';
import { formatTable } from '../../../runtime/cli/table.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { Clusters } from '../../../schemas/generated/controller-api/clusters.ts';
import { clustersAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addPlainSocketOption, createProcessClient } from '../controller-client.ts';

interface ClustersOptions extends SocketOptions, OutputOptions {
  readonly names: boolean;
}

const nameForm = /^[A-Za-z0-9][-A-Za-z0-9_.]*$/;

export const addClusters: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('clusters')
    .summary('list the clusters of the controller')
    .description(
      'Lists the clusters that the controller serves: where their agents connect, their nodes, their ' +
        'newest revision, and why one is not served. Over HTTPS those in which you have a role.',
    )
    .option('--names', 'print only the names, one a line', false);
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

async function clusters(
  { socket, output, names }: ClustersOptions,
  { stdout }: CommandContext,
): Promise<ExitStatus> {
  const reading = createProcessClient(socket).read({ method: 'GET', path: '/v1/clusters' });
  const answer = await answerOf(reading, clustersAnswer);
  if (names) {
    // Shells evaluate the words of a completion, and the server may be any.
    const known = answer.clusters.map(({ name }) => name).filter((name) => nameForm.test(name));
    await write(stdout, known.map((name) => `${name}\n`).join(''));
    return 0;
  }
  await printAnswer(stdout, output, answer, clustersText);
  return 0;
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
