/** calico-agent resources: the Calico resources that this node writes. */
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printResult, write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { AddAgentCommand, CommandContext } from '../command-context.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { resourcesAnswer } from '../daemon/answers.ts';

export const addResources: AddAgentCommand = (program, context, toAction) => {
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
    .action(toAction((options: SocketOptions & OutputOptions) => resources(options, context)));
};

async function resources(
  { socket, output }: SocketOptions & OutputOptions,
  { stdout, stderr }: CommandContext,
): Promise<ExitStatus> {
  const client = createAgentClient(socket);
  const request = { method: 'GET', path: '/v1/resources' } as const;
  if (output === 'json') {
    await printResult(
      stdout,
      output,
      await answerOf(client.read(request), resourcesAnswer),
      String,
    );
    return 0;
  }
  // The daemon itself writes the YAML documents, in the form for calicoctl.
  const { body } = await client.read({ ...request, accept: 'application/yaml' });
  await write(stdout, body);
  if (body === '') await write(stderr, 'no configuration was accepted yet\n');
  return 0;
}
