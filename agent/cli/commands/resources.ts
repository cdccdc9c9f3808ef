/** calico-agent resources: what the accepted configuration becomes on this node. */
import type { Command } from 'commander';
import { createAgentClient, jsonOf } from '../daemon/agent-client.ts';
import {
  addOutputOption,
  addSocketOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../options.ts';
import { printResult, write } from '../output/print.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

export function addResources(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('resources')
    .summary('print the Calico resources of the accepted configuration')
    .description(
      'Prints the Calico resources that this node writes for the accepted configuration, as YAML ' +
        'documents; as JSON with the reason of every field.',
    );
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['what does this node write?', 'calico-agent resources'],
        ['and why?', "calico-agent resources -o json | jq '.resources[].reasons'"],
      ]),
    )
    .action(ending((options: SocketOptions & OutputOptions) => resources(options, world)));
}

async function resources(
  { socket, output }: SocketOptions & OutputOptions,
  world: CliWorld,
): Promise<ExitStatus> {
  const client = createAgentClient(socket);
  const request = { method: 'GET', path: '/v1/resources' } as const;
  if (output === 'json') {
    const answer = jsonOf(await client.read(request));
    await printResult(world.stdout, output, answer, () => '');
  } else {
    const answer = await client.read({ ...request, accept: 'application/yaml' });
    await write(world.stdout, answer.body);
    if (answer.body === '') await write(world.stderr, 'no configuration was accepted yet\n');
  }
  return 0;
}
