/** calico-agent status: how the agent of this node is doing. */
import type { Command } from 'commander';
import { createAgentClient, expectAnswer, jsonOf } from '../daemon/agent-client.ts';
import {
  addOutputOption,
  addSocketOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../options.ts';
import { printAnswer } from '../output/print.ts';
import { formatStatus } from '../output/status-text.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

export function addStatus(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('status')
    .summary('show how the agent of this node is doing')
    .description(
      'Shows how the agent of this node is doing: its state, its revision, what it made of it.',
    );
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['for a person', 'calico-agent status'],
        ['for a script', 'calico-agent status -o json | jq -r .state'],
      ]),
    )
    .action(ending((options: SocketOptions & OutputOptions) => status(options, world)));
}

async function status(
  options: SocketOptions & OutputOptions,
  world: CliWorld,
): Promise<ExitStatus> {
  const { isAgentStatus } = await import('../../../schemas/generated/agent-status.validator.js');
  const client = createAgentClient(options.socket);
  const answer = jsonOf(await client.read({ method: 'GET', path: '/v1/status' }));
  const agentStatus = expectAnswer(answer, isAgentStatus);
  await printAnswer(world.stdout, options.output, agentStatus, formatStatus);
  return 0;
}
