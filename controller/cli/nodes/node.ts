/** calico-controller node: everything that the controller knows about one node. */
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import { formatIssue } from '../../../core/issue-text.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { Node } from '../../../schemas/generated/controller-api/nodes.ts';
import { nodeAnswer } from '../answers.ts';
import type { AddControllerCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createControllerClient } from '../controller-client.ts';
import { detailTexts, sessionsText, stateText } from './node-texts.ts';

type NodeOptions = SocketOptions & OutputOptions;

export const addNode: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('node')
    .summary('show one node')
    .description(
      'Shows everything that the controller knows about one node: its agent, its revisions, the ' +
        'progress of the push with the errors that the agent found, and what is wrong on it.',
    )
    .argument('<name>', 'the name of the node');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['for a person', 'calico-controller node node-7'],
        ['why did it refuse?', 'calico-controller node node-7 -o json | jq .push.issues'],
      ]),
    )
    .action(toAction((name: string, options: NodeOptions) => showNode(name, options, context)));
};

async function showNode(
  name: string,
  { socket, output }: NodeOptions,
  { stdout }: CommandContext,
): Promise<ExitStatus> {
  const path = `/v1/nodes/${encodeURIComponent(name)}`;
  const reading = createControllerClient(socket).read({ method: 'GET', path });
  const { node } = await answerOf(reading, nodeAnswer);
  await printAnswer(stdout, output, node, nodeText);
  return 0;
}

function nodeText(node: Node): string {
  const issues = node.push?.issues ?? [];
  return [
    ...rows(node).map(([title, text]) => `${title.padEnd(11)}${text}`),
    ...detailTexts(node),
    ...issues.map((issue) => formatIssue(issue, 'config')),
  ].join('\n');
}

function rows(node: Node): readonly (readonly [string, string])[] {
  const { name, connected, since = '-', remote = '-', lastSeenAt, agentVersion, units } = node;
  const { asNumber, routeReflectorClusterId: clusterId, peers, push, message } = node;
  const state = stateText(node);
  const revisions = [
    ['accepted', node.accepted],
    ['in force', node.inForce],
    ['confirmed', node.confirmed],
  ] as const;
  return [
    ['node', name],
    ['connected', connected ? `since ${since}, from ${remote}` : `no, last seen ${lastSeenAt}`],
    ...(node.identity === undefined ? [] : [['identity', identityText(node)] as const]),
    ['agent', agentVersion],
    ...(units.length > 0 ? [['units', units.join(' ')] as const] : []),
    ...(asNumber === undefined ? [] : [['AS number', String(asNumber)] as const]),
    ...(clusterId === undefined ? [] : [['cluster ID', clusterId] as const]),
    ...(peers === undefined ? [] : [['peers', String(peers)] as const]),
    ['sessions', sessionsText(node)],
    ...revisions.flatMap(([title, ref]) =>
      ref === undefined ? [] : [[title, revisionText(ref)] as const],
    ),
    ['push', push?.state ?? '-'],
    ['state', message === undefined || message === state ? state : `${state}: ${message}`],
    ...holdRows(node),
  ];
}

function identityText({ identity, certificateUntil }: Node): string {
  if (identity === 'shared-token') return 'shared token';
  return certificateUntil === undefined
    ? 'certificate'
    : `certificate, valid until ${certificateUntil}`;
}

function holdRows({ hold }: Node): readonly (readonly [string, string])[] {
  if (hold === undefined) return [];
  const { scope, by, since, why } = hold;
  const whose = scope === 'cluster' ? 'the whole cluster' : 'this node';
  return [['on hold', `${whose}, by ${by} since ${since}: ${why}`]];
}
