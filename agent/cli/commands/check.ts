/** calico-agent check: all issues of a configuration at once. */
import type { Command } from 'commander';
import { hasErrors, type Issue } from '../../../core/issue.ts';
import { describeFleetInput } from '../input/describe-input.ts';
import type { FleetInput, FleetInputOptions } from '../input/fleet-input.ts';
import { countIssues, formatIssues } from '../../../runtime/cli/issue-report.ts';
import {
  addOutputOption,
  configArgument,
  examples,
  type OutputOptions,
} from '../../../runtime/cli/options.ts';
import { addUnitApplicationOption, nodesDescription } from '../options.ts';
import { printResult } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

export function addCheck(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('check')
    .summary('list all issues of a configuration')
    .description(
      'Lists all issues of a configuration at once, each with its place. ' +
        'Needs no daemon and no cluster.',
    )
    .argument('<config>', configArgument)
    .option('--nodes <nodes>', nodesDescription);
  addOutputOption(addUnitApplicationOption(command))
    .addHelpText(
      'after',
      examples([
        ['a file', 'calico-agent check config.yaml'],
        [
          'the options that Juju has now',
          'juju config calico --format yaml | calico-agent check -',
        ],
        [
          'against the nodes of the cluster',
          'kubectl get nodes -o json | calico-agent check config.yaml --nodes -',
        ],
        ['for a script', "calico-agent check config.yaml -o json | jq -r '.issues[].code'"],
      ]),
    )
    .action(
      toAction((config: string, options: FleetInputOptions & OutputOptions) =>
        check(config, options, context),
      ),
    );
}

async function check(
  path: string,
  options: FleetInputOptions & OutputOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { inputsOf, readFleetInput } = await import('../input/fleet-input.ts');
  const input = await readFleetInput(path, options, context);
  const inputs = inputsOf(input);
  const issues = inputs.flatMap((one) => one.issues);
  const text = (): string => formatIssues(inputs) + summary(input, issues);
  await printResult(context.stdout, options.output, { issues: issuesWithFile(input) }, text);
  return hasErrors(issues) ? 2 : 0;
}

function summary(input: FleetInput, issues: readonly Issue[]): string {
  const { name } = input.config;
  const counts = countIssues(issues);
  if (hasErrors(issues)) return counts;
  const outcome = counts === '' ? `${name} is valid` : `${name} is valid, with ${counts}`;
  return `${outcome}: ${describeFleetInput(input)}`;
}

/** All issues, those of NODES with their file, because a pointer needs its document. */
function issuesWithFile({ config, nodesInput }: FleetInput): readonly Issue[] {
  const ofNodes = nodesInput?.issues.map((issue) => ({ ...issue, file: nodesInput.name })) ?? [];
  return [...config.issues, ...ofNodes];
}
