/** calico-agent check: everything that is wrong with a configuration, at once. */
import type { Command } from 'commander';
import { hasErrors, type Issue } from '../../../core/issue.ts';
import { describeFleetInput } from '../input/describe-input.ts';
import type { FleetInput, FleetInputOptions } from '../input/fleet-input.ts';
import { countIssues, formatIssues } from '../output/issue-report.ts';
import {
  addOutputOption,
  addUnitApplicationOption,
  configArgument,
  examples,
  nodesDescription,
  type OutputOptions,
} from '../options.ts';
import { printResult } from '../output/print.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

export function addCheck(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('check')
    .summary('say everything that is wrong with a configuration')
    .description(
      'Says everything that is wrong with a configuration at once, each with its place. ' +
        'Needs no daemon and no cluster.',
    )
    .argument('<config>', configArgument)
    .option('--nodes <nodes>', nodesDescription);
  addOutputOption(addUnitApplicationOption(command))
    .addHelpText(
      'after',
      examples([
        ['a file', 'calico-agent check config.yaml'],
        ['what Juju has now', 'juju config calico --format yaml | calico-agent check -'],
        [
          'against the nodes of the cluster',
          'kubectl get nodes -o json | calico-agent check config.yaml --nodes -',
        ],
        ['for a script', "calico-agent check config.yaml -o json | jq -r '.issues[].code'"],
      ]),
    )
    .action(
      ending((config: string, options: FleetInputOptions & OutputOptions) =>
        check(config, options, world),
      ),
    );
}

async function check(
  path: string,
  options: FleetInputOptions & OutputOptions,
  world: CliWorld,
): Promise<ExitStatus> {
  const { inputsOf, readFleetInput } = await import('../input/fleet-input.ts');
  const input = await readFleetInput(path, options, world);
  const inputs = inputsOf(input);
  const issues = inputs.flatMap((one) => one.issues);
  const text = (): string => formatIssues(inputs) + summary(input, issues);
  await printResult(world.stdout, options.output, { issues: issuesWithFile(input) }, text);
  return hasErrors(issues) ? 2 : 0;
}

function summary(input: FleetInput, issues: readonly Issue[]): string {
  const { name } = input.config;
  const counts = countIssues(issues);
  if (hasErrors(issues)) return counts;
  const outcome = counts === '' ? `${name} is fine` : `${name} can be used, with ${counts}`;
  return `${outcome}: ${describeFleetInput(input)}`;
}

/** A pointer of an issue says nothing without its document: those of NODES say that they are. */
function issuesWithFile({ config, nodesInput }: FleetInput): readonly Issue[] {
  const ofNodes = nodesInput?.issues.map((issue) => ({ ...issue, file: nodesInput.name })) ?? [];
  return [...config.issues, ...ofNodes];
}
