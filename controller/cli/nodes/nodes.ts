/** calico-controller nodes: the known nodes, with the progress of each. */
import { Option } from 'commander';
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
import type { Node, Nodes } from '../../../schemas/generated/controller-api/nodes.ts';
import { nodesAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { completionMs, onlyText, printWords } from '../completion/completed-words.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { groupedLines } from '../grouped-lines.ts';
import {
  chooseNodes,
  kindsOfNodes,
  sortKeys,
  type KindOfNodes,
  type SortKey,
} from './choose-nodes.ts';
import { detailTexts, heading, row, wideHeading, wideRow } from './node-texts.ts';

interface NodesOptions extends SocketOptions, OutputOptions {
  readonly only?: KindOfNodes;
  readonly sort: SortKey;
  readonly wide: boolean;
  readonly names: boolean;
}

export const addNodes: AddControllerCommand = (program, context, toAction) => {
  const kinds = Object.entries(kindsOfNodes).map(([kind, what]) => `${kind} (${what})`);
  const command = program
    .command('nodes')
    .summary('list the nodes, with the progress of each')
    .description(
      'Lists the known nodes: whether the agent is connected, the BGP settings and sessions that it ' +
        'reports, the revision in force, the state of the push, what the agent does, and what its ' +
        'change waits for.',
    )
    .argument('[names...]', 'only these nodes; * stands for any text; default: all')
    .addOption(
      new Option('--only <kind>', `only nodes that are ${kinds.join(', ')}`).choices(
        Object.keys(kindsOfNodes),
      ),
    )
    .addOption(
      new Option('--sort <column>', 'the order; those that need a person come first')
        .choices(sortKeys)
        .default('name'),
    )
    .option(
      '--wide',
      'with the version, the units, the address and the certificate of each agent',
      false,
    )
    .option('--names', onlyText('the names'), false);
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['for a person', 'calico-controller nodes'],
        [
          'which nodes of the first rack are away?',
          "calico-controller nodes 'rack1-*' --only away",
        ],
        ['where are sessions down?', 'calico-controller nodes --only unhealthy --sort sessions'],
        ['for a script', "calico-controller nodes --only pending -o json | jq -r '.nodes[].name'"],
      ]),
    )
    .action(
      toAction((names: readonly string[], options: NodesOptions) =>
        listNodes(names, options, context),
      ),
    );
};

async function listNodes(
  names: readonly string[],
  { socket, output, only, sort, wide, names: onlyNames }: NodesOptions,
  { stdout }: CommandContext,
): Promise<ExitStatus> {
  const asked = {
    method: 'GET',
    path: '/v1/nodes',
    ...(onlyNames && { timeoutMs: completionMs }),
  } as const;
  const reading = createControllerClient(socket).read(asked);
  const { nodes, ...rest } = await answerOf(reading, nodesAnswer);
  const chosen = chooseNodes(nodes, { names, sort, ...(only !== undefined && { only }) });
  if (onlyNames) {
    return printWords(
      stdout,
      chosen.map(({ name }) => name),
    );
  }
  const answer = { ...rest, nodes: [...chosen] };
  await printAnswer(stdout, output, answer, (safe) => nodesText(safe, nodes.length, wide));
  return 0;
}

/** @param known the number of nodes among which these were chosen */
function nodesText(
  { lineage, nodes, unreadable = [] }: Nodes,
  known: number,
  isWide: boolean,
): string {
  const unread = unreadable.map(
    (name) => `${name}: unreadable in the store; it is known again when its agent connects`,
  );
  if (known === 0 && unread.length > 0) return unread.join('\n');
  if (known === 0) return 'no agent has connected yet';
  if (nodes.length === 0) return `none of the ${known} known nodes`;
  const table = isWide
    ? formatTable(
        wideHeading,
        nodes.map((node) => wideRow(node, lineage)),
      )
    : formatTable(
        heading,
        nodes.map((node) => row(node, lineage)),
      );
  const details = nodes.flatMap((node) =>
    detailTexts(node).map((text) => ({ name: node.name, text })),
  );
  const count = nodes.length < known ? [`${nodes.length} of ${known} known nodes`] : [];
  return [table, ...groupedLines(details), ...holdLines(nodes), ...unread, ...count].join('\n');
}

/** One line for thousands of agents that report the same hold of their cluster. */
function holdLines(nodes: readonly Node[]): readonly string[] {
  const lines = nodes.flatMap(({ name, connected, hold }) => {
    if (!connected || hold === undefined) return [];
    const { scope, by, since, why } = hold;
    return [
      `${scope === 'cluster' ? 'the cluster' : name}: on hold by ${by} since ${since}: ${why}`,
    ];
  });
  return [...new Set(lines)];
}
