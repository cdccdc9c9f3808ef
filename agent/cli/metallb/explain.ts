/** calico-agent metallb explain: the address of a Service, who announces it, and to whom. */
import type { Command } from 'commander';
import { textBounds } from '../../../core/input/bounds.ts';
import { hasErrors } from '../../../core/issue.ts';
import type { ListedServices, Service } from '../../../core/metallb/explain/services.ts';
import { nearestName } from '../../../core/nearest-name.ts';
import { printableData } from '../../../core/printable.ts';
import { reachFlags } from '../../../core/platform/cluster/reach.ts';
import { shellWord } from '../../../core/shell-word.ts';
import { AppError } from '../../../runtime/errors.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
import {
  addOutputOption,
  configArgument,
  examples,
  type OutputOptions,
} from '../../../runtime/cli/options.ts';
import { printResult, write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import { readInput, refuseTwoStdins } from '../../../runtime/cli/read-input.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { addLiveOptions, liveChoice, type LiveOptions } from '../input/live-options.ts';
import type { FleetInputOptions } from '../input/fleet-input.ts';
import { nodesDescription } from '../options.ts';
import { listedOf, liveIssues, readLiving } from './living.ts';

interface ExplainOptions extends FleetInputOptions, OutputOptions, LiveOptions {
  readonly services?: string;
}

const servicesCommand = 'kubectl get services,namespaces --all-namespaces -o json';

export function addExplainServices(
  metallb: Command,
  context: CommandContext,
  toAction: ToAction,
): void {
  const command = metallb
    .command('explain')
    .summary('show which address a Service gets, who announces it, and to whom')
    .description(
      'Shows for one Service, or for all of the type LoadBalancer, the address that it has and the one ' +
        'that it gets with the configuration, its pool, and who announces it to whom. A Service that stays ' +
        'pending is shown with every reason. Run it before the configuration is applied, and after.',
    )
    .argument('<config>', configArgument)
    .argument('[service]', 'NAMESPACE/NAME; absent: all Services of the type LoadBalancer')
    .option('--services <file>', `what ${servicesCommand} prints; - is stdin`)
    .option('--nodes <nodes>', nodesDescription);
  addOutputOption(addLiveOptions(command, 'read Services, namespaces and MetalLB of the cluster'))
    .addHelpText(
      'after',
      examples([
        [
          'all Services',
          `${servicesCommand} | calico-agent metallb explain config.yaml --services -`,
        ],
        ['those of the running cluster', 'calico-agent metallb explain config.yaml --live'],
        [
          'one, with the nodes that announce it',
          'calico-agent metallb explain config.yaml default/web --services services.json --nodes nodes.yaml',
        ],
      ]),
    )
    .action(
      toAction((config: string, service: string | undefined, options: ExplainOptions) =>
        explain(config, service, options, context),
      ),
    );
}

async function explain(
  path: string,
  name: string | undefined,
  options: ExplainOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { services: file } = options;
  const choice = liveChoice(options);
  if ((file === undefined) === (choice === undefined)) {
    throw new AppError('usage', 'name the Services with --services FILE, or read them with --live');
  }
  refuseTwoStdins(path, file);
  if (file !== undefined) refuseTwoStdins(file, options.nodes);
  const [{ inputsOf, readFleetInput }, { explainServices }, { explainText }] = await Promise.all([
    import('../input/fleet-input.ts'),
    import('../../../core/metallb/explain/explain-service.ts'),
    import('./text.ts'),
  ]);
  const input = await readFleetInput(path, options, context);
  const issues = inputsOf(input).flatMap((one) => one.issues);
  if (options.output === 'text') await write(context.stderr, formatIssues(inputsOf(input)));
  const { model, nodes } = input;
  if (model === undefined || hasErrors(issues)) return 2;
  const { metallb, bgp, groups } = model;
  if (metallb === undefined) {
    throw new AppError(
      'usage',
      `cannot explain Services: ${input.config.name} has no section metallb`,
    );
  }
  const living = choice === undefined ? undefined : await readLiving(choice, context);
  const listed = living === undefined ? await readListed(file ?? '-', context) : listedOf(living);
  const word = input.config.name === 'stdin' ? 'CONFIG' : shellWord(input.config.name);
  const how = `calico-agent metallb install ${word} --live${reachFlags(options)} prints how to install it`;
  const found = await liveIssues(metallb, living, how);
  if (options.output === 'text') {
    await write(context.stderr, formatIssues([{ name: input.config.name, issues: found }]));
  }
  const wanted = new Set(chosen(listed.services, name).map(wholeName));
  const explained = explainServices(listed, { metallb, bgp, groups }, nodes);
  const services = explained.filter(({ service }) => wanted.has(service));
  const answer =
    living === undefined
      ? { services }
      : { services, issues: found, runningCluster: living.runningCluster };
  await printResult(context.stdout, options.output, answer, () =>
    explainText(printableData(services)),
  );
  return hasErrors(found) ? 2 : 0;
}

async function readListed(path: string, context: CommandContext): Promise<ListedServices> {
  const [{ parseJson }, { readServices }] = await Promise.all([
    import('../../../core/input/parse-json.ts'),
    import('../../../core/metallb/explain/services.ts'),
  ]);
  const { name, text } = await readInput(path, textBounds.nodes.maxBytes, context);
  const parsed = parseJson(text, textBounds.nodes);
  const listed = parsed.ok ? readServices(parsed.data) : undefined;
  if (listed !== undefined && listed.services.length > 0) return listed;
  const why = parsed.ok ? 'it has no Services' : 'it is not JSON';
  throw new AppError(
    'usage',
    `cannot read "${name}": ${why}; give what this prints: ${servicesCommand}`,
  );
}

function wholeName({ namespace, name }: Service): string {
  return `${namespace}/${name}`;
}

function chosen(all: readonly Service[], name: string | undefined): readonly Service[] {
  if (name === undefined) return all.filter(({ isLoadBalancer }) => isLoadBalancer);
  const found = all.filter((one) => wholeName(one) === name);
  if (found.length > 0) return found;
  const nearest = nearestName(name, all.map(wholeName));
  const hint = nearest === undefined ? 'name it as NAMESPACE/NAME' : `did you mean "${nearest}"?`;
  throw new AppError('usage', `cannot explain "${name}": there is no such Service; ${hint}`);
}
