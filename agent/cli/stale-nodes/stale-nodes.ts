/** calico-agent stale-nodes: lists nodes that are gone with their objects, and removes them. */
import type { Command } from 'commander';
import { AppError } from '../../../runtime/errors.ts';
import type { StaleNode } from '../../../core/survey/stale-node.ts';
import { answerOf, type DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import type { StaleNodes } from '../../../schemas/generated/agent-api/stale-nodes.ts';
import { createAgentClient, surveyTimeoutMs } from '../daemon/agent-client.ts';
import { staleNodesAnswer } from '../daemon/answers.ts';
import { readLivingNodes, type LivingNodesOptions } from '../input/living-nodes.ts';
import {
  addOutputOption,
  addYesOption,
  examples,
  type OutputOptions,
  type SocketOptions,
  type YesOptions,
} from '../../../runtime/cli/options.ts';
import { addUnitApplicationOption, nodesDescription } from '../options.ts';
import { addSocketOption } from '../daemon/agent-client.ts';
import { printAnswer, write } from '../../../runtime/cli/print.ts';
import { reportRefusal } from '../../../runtime/cli/refusal.ts';
import { removeStaleNodes } from './remove.ts';
import { staleNodesText } from './text.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

type ListOptions = SocketOptions & OutputOptions & LivingNodesOptions;
type RemoveOptions = ListOptions & YesOptions & { readonly force?: true };

export function addStaleNodes(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('stale-nodes')
    .summary('list nodes that are gone, and remove what is left')
    .description(
      'Lists the nodes that Calico still has and that are gone, with the objects that name them ' +
        'and the address blocks that they hold. Compares with the nodes of the cluster, or with NODES.',
    )
    .option('--nodes <nodes>', nodesDescription);
  addOutputOption(addSocketOption(addUnitApplicationOption(command)))
    .addHelpText(
      'after',
      examples([
        ['which nodes, and what is left of each?', 'calico-agent stale-nodes'],
        [
          'where Calico keeps nodes of its own (etcd)',
          'kubectl get nodes -o json | calico-agent stale-nodes --nodes -',
        ],
        ['remove one', 'calico-agent stale-nodes remove node-9 --yes'],
      ]),
    )
    .action(toAction((options: ListOptions) => list(options, context)));
  addRemove(command, context, toAction);
}

/** The options of the list are valid here too: commander takes them at any place. */
function addRemove(staleNodes: Command, context: CommandContext, toAction: ToAction): void {
  const command = staleNodes
    .command('remove')
    .summary('remove the Calico Node of nodes that are gone')
    .description(
      'Removes the Calico Node of nodes that are gone, with their empty address blocks and the ' +
        'addresses of their own tunnels. Where workloads still use addresses of a node, the command ' +
        'needs --force, and those blocks stay. Objects that name the node stay too.',
    )
    .argument('<name...>', 'the nodes, as stale-nodes shows them')
    .option('--force', 'remove the node although addresses are in use; their blocks stay')
    .configureHelp({ showGlobalOptions: true });
  addYesOption(command, 'remove them')
    .addHelpText(
      'after',
      examples([
        ['what would the command remove?', 'calico-agent stale-nodes remove node-8 node-9'],
        ['remove them', 'calico-agent stale-nodes remove node-8 node-9 --yes'],
      ]),
    )
    .action(
      toAction((names: readonly string[]) =>
        remove(names, command.optsWithGlobals<RemoveOptions>(), context),
      ),
    );
}

async function list(options: ListOptions, context: CommandContext): Promise<ExitStatus> {
  return reportingInput(options, context, async () => {
    const client = createAgentClient(options.socket);
    const living = await readLivingNodes(options, context);
    const found = await askForStale(client, living);
    await printAnswer(context.stdout, options.output, found, ({ nodes }) =>
      nodes.length > 0 ? staleNodesText(nodes) : noneText(living),
    );
    return 0;
  });
}

async function remove(
  names: readonly string[],
  options: RemoveOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  return reportingInput(options, context, async () => {
    const client = createAgentClient(options.socket);
    const living = await readLivingNodes(options, context);
    const { nodes } = await askForStale(client, living);
    const chosen = [...new Set(names)].map((name) => staleOf(nodes, name));
    const text = staleNodesText(chosen);
    if (options.yes !== true) {
      const end = `${text}\nnothing is changed yet: --yes removes ${nounOf(chosen)}`;
      await printAnswer(context.stdout, options.output, { nodes: chosen }, () => end);
      return 0;
    }
    if (options.output === 'text') await write(context.stderr, `${text}\n`);
    const force = options.force === true;
    return removeStaleNodes(client, chosen, { force, living }, options.output, context);
  });
}

function noneText(living: readonly string[] | undefined): string {
  if (living !== undefined) return 'no node is stale';
  return 'no node is stale, as far as the datastore itself can tell; --nodes gives the nodes of the cluster';
}

async function askForStale(
  client: DaemonClient,
  living: readonly string[] | undefined,
): Promise<StaleNodes> {
  const path = '/v1/stale-nodes';
  const timeoutMs = surveyTimeoutMs;
  const answering =
    living === undefined
      ? client.read({ method: 'GET', path, timeoutMs })
      : client.change({ method: 'POST', path, timeoutMs, body: JSON.stringify({ living }) });
  return answerOf(answering, staleNodesAnswer);
}

function staleOf(nodes: readonly StaleNode[], name: string): StaleNode {
  const found = nodes.find((node) => node.name === name);
  if (found !== undefined) return found;
  throw new AppError(
    'not-found',
    `cannot remove node "${name}": it is not stale; calico-agent stale-nodes lists them`,
  );
}

function nounOf(chosen: readonly StaleNode[]): string {
  return chosen.length === 1 ? 'it' : 'them';
}

async function reportingInput(
  { nodes = 'nodes' }: LivingNodesOptions,
  context: CommandContext,
  run: () => Promise<ExitStatus>,
): Promise<ExitStatus> {
  try {
    return await run();
  } catch (error) {
    return await reportRefusal(
      error,
      { program: 'calico-agent', name: nodes === '-' ? 'stdin' : nodes },
      context,
    );
  }
}
