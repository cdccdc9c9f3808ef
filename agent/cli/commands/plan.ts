/** calico-agent plan: shows the changes to this node before they are made. */
import { hasErrors, withoutNotes } from '../../../core/issue.ts';
import { AppError } from '../../../runtime/errors.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
import {
  addOutputOption,
  configArgument,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printAnswer, write } from '../../../runtime/cli/print.ts';
import { mediaTypeOf, readConfig } from '../../../runtime/cli/read-input.ts';
import { reportRefusal } from '../../../runtime/cli/refusal.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { AddAgentCommand, CommandContext } from '../command-context.ts';
import {
  addRecreatePodsOption,
  withRecreatePodsFlag,
  type RecreatePodsOptions,
} from '../input/recreate-pods.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { planAnswer } from '../daemon/answers.ts';

type PlanOptions = SocketOptions & OutputOptions & RecreatePodsOptions;

export const addPlan: AddAgentCommand = (program, context, toAction) => {
  const command = program
    .command('plan')
    .summary('show what would change, with before, after and reason')
    .description(
      'Shows what the agent of this node would change, in which order and why. Changes nothing. ' +
        'Without CONFIG it plans the accepted configuration; with CONFIG it needs root or the ' +
        'group calico-agent. Exit status 2: the cluster does not allow the plan; the output says why.',
    )
    .argument('[config]', configArgument);
  addRecreatePodsOption(command);
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['before a change', 'calico-agent plan config.yaml'],
        ['is anything left to do, or drifted?', 'calico-agent plan'],
      ]),
    )
    .action(
      toAction((config: string | undefined, options: PlanOptions) =>
        plan(config, options, context),
      ),
    );
};

async function plan(
  path: string | undefined,
  options: PlanOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { socket, output } = options;
  if (path === undefined && options.recreatePods === true) {
    throw new AppError('usage', 'cannot use --recreate-pods without CONFIG: it changes its text');
  }
  const config =
    path === undefined
      ? undefined
      : await withRecreatePodsFlag(await readConfig(path, context), options);
  const name = config?.name ?? 'configuration';
  const client = createAgentClient(socket);
  // Reading a text costs the agent time and memory, so only users who may change the agent may send
  // one.
  const answering =
    config === undefined
      ? client.read({ method: 'GET', path: '/v1/plan' })
      : client.change({
          method: 'POST',
          path: '/v1/plan',
          body: config.text,
          mediaType: mediaTypeOf(config.text),
        });
  try {
    const planned = await answerOf(answering, planAnswer);
    const issues = withoutNotes(planned.issues);
    await write(context.stderr, formatIssues([{ name, issues }]));
    const { describePlan } = await import('../../../core/plan/describe.ts');
    await printAnswer(context.stdout, output, planned, (safe) => describePlan(safe.plan));
    return hasErrors(planned.plan.issues) ? 2 : 0;
  } catch (error) {
    return await reportRefusal(error, { program: 'calico-agent', name }, context);
  }
}
