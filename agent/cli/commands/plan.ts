/** calico-agent plan: what would change on this node, before it does. */
import type { Command } from 'commander';
import { createAgentClient, expectAnswer, jsonOf } from '../daemon/agent-client.ts';
import { isPlanAnswer } from '../daemon/answers.ts';
import { mediaTypeOf } from '../input/media-type.ts';
import { hasErrors, withoutNotes } from '../../../core/issue.ts';
import { formatIssues } from '../output/issue-report.ts';
import {
  addOutputOption,
  addSocketOption,
  configArgument,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../options.ts';
import { printAnswer, write } from '../output/print.ts';
import { readConfig } from '../input/read-config.ts';
import { reportRefusal } from '../daemon/refusal.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

export function addPlan(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('plan')
    .summary('show what would change, with before, after and reason')
    .description(
      'Shows what the agent of this node would change, in which order and why. Changes nothing. ' +
        'Without a configuration: for the one that it has accepted. With one it needs root or the ' +
        'group calico-agent. Exit status 2: it cannot be applied as things are in the cluster, and why.',
    )
    .argument('[config]', configArgument);
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['before a change', 'calico-agent plan config.yaml'],
        ['is anything left to do, or drifted?', 'calico-agent plan'],
      ]),
    )
    .action(
      ending((config: string | undefined, options: SocketOptions & OutputOptions) =>
        plan(config, options, world),
      ),
    );
}

async function plan(
  path: string | undefined,
  { socket, output }: SocketOptions & OutputOptions,
  world: CliWorld,
): Promise<ExitStatus> {
  const config = path === undefined ? undefined : await readConfig(path, world);
  const name = config?.name ?? 'configuration';
  const client = createAgentClient(socket);
  const request =
    config === undefined
      ? ({ method: 'GET', path: '/v1/plan' } as const)
      : ({
          method: 'POST',
          path: '/v1/plan',
          body: config.text,
          mediaType: mediaTypeOf(config.text),
        } as const);
  try {
    // A text is read by those only who may change the agent: it costs time and memory.
    const answered = config === undefined ? client.read(request) : client.change(request);
    const answer = jsonOf(await answered);
    const planned = expectAnswer(answer, isPlanAnswer);
    const issues = withoutNotes(planned.issues);
    await write(world.stderr, formatIssues([{ name, issues }]));
    const { describePlan } = await import('../../../core/plan/describe.ts');
    await printAnswer(world.stdout, output, planned, (safe) => describePlan(safe.plan));
    return hasErrors(planned.plan.issues) ? 2 : 0;
  } catch (error) {
    return await reportRefusal(error, name, world);
  }
}
