/** calico-agent render: the resources of a configuration, without a daemon or a cluster. */
import { Option, type Command } from 'commander';
import { nearestName } from '../../../core/nearest-name.ts';
import type { NetworkModel, Peering } from '../../../core/config/model.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { hasErrors } from '../../../core/issue.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { FleetInput, FleetInputOptions } from '../input/fleet-input.ts';
import { countIssues, formatIssues } from '../../../runtime/cli/issue-report.ts';
import { configArgument, examples, gather } from '../../../runtime/cli/options.ts';
import { addUnitApplicationOption, nodesDescription } from '../options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

interface RenderOptions extends FleetInputOptions {
  readonly nodes: string;
  readonly node?: readonly string[];
  readonly peering?: Peering;
  readonly for: 'calicoctl' | 'kubectl' | 'kubectl-v3';
  readonly withNodes?: true;
}

export function addRender(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('render')
    .summary('print the Calico resources of a configuration')
    .description(
      'Prints the Calico resources of a configuration, as YAML documents that the named tool ' +
        'applies as they are. Changes of Nodes are printed as commands in comments. Without --node: ' +
        'the resources of all nodes and of the cluster.',
    )
    .argument('<config>', configArgument)
    .requiredOption('--nodes <nodes>', nodesDescription)
    .option('--node <name>', "only this node's resources; may be given several times", gather)
    .addOption(
      new Option(
        '--peering <strategy>',
        'one BGPPeer per peer, with a label selector; or one per node and peer (default: as the configuration says, else selectors)',
      ).choices(['selectors', 'per-node']),
    )
    .addOption(
      new Option('--for <tool>', 'the tool that will apply the documents')
        .choices(['calicoctl', 'kubectl', 'kubectl-v3'])
        .default('calicoctl'),
    )
    .option('--with-nodes', 'whole Node documents, for an empty datastore (calicoctl only)');
  addUnitApplicationOption(command)
    .addHelpText(
      'after',
      examples([
        ['everything', 'calico-agent render config.yaml --nodes nodes.yaml'],
        [
          'compare with what the cluster has',
          'calico-agent render config.yaml --nodes nodes.yaml --for kubectl | kubectl diff -f -',
        ],
        [
          "one node's resources",
          'calico-agent render config.yaml --nodes nodes.yaml --node node-0 --peering per-node',
        ],
      ]),
    )
    .action(
      toAction((config: string, options: RenderOptions) => renderConfig(config, options, context)),
    );
}

async function renderConfig(
  path: string,
  options: RenderOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  if (options.withNodes === true && options.for !== 'calicoctl') {
    throw new AppError(
      'usage',
      `cannot render whole Nodes for ${options.for}: that would create Nodes without a kubelet; use --for calicoctl, or leave out --with-nodes`,
    );
  }
  const { inputsOf, readFleetInput } = await import('../input/fleet-input.ts');
  const input = await readFleetInput(path, options, context);
  const issues = inputsOf(input).flatMap((one) => one.issues);
  await write(context.stderr, formatIssues(inputsOf(input)));
  const { model } = input;
  if (model === undefined || hasErrors(issues)) {
    await write(context.stderr, `${countIssues(issues)}: nothing is rendered\n`);
    return 2;
  }
  const { nodes = [] } = input;
  refuseUnknownNodes(new Set(options.node), nodes);
  const [{ checkTool }, { renderDocuments }] = await Promise.all([
    import('../../../core/render/documents/check-tool.ts'),
    import('../../../core/render/documents/documents.ts'),
  ]);
  const { wholeNodesWarning } = await import('../../../core/render/documents/whole-nodes.ts');
  const desired = await desiredOf(model, input, options);
  const { name } = input.config;
  await write(context.stderr, formatIssues([{ name, issues: checkTool(desired, options.for) }]));
  if (options.withNodes === true)
    await write(context.stderr, formatIssues([{ name, issues: [wholeNodesWarning] }]));
  const withNodes = options.withNodes === true ? { nodes } : {};
  const documents = renderDocuments(desired, { for: options.for, ...withNodes });
  if (documents === '') await write(context.stderr, `${name} asks for no resource of Calico\n`);
  await write(context.stdout, documents);
  return 0;
}

async function desiredOf(
  model: NetworkModel,
  { resolutions = [] }: FleetInput,
  options: RenderOptions,
): Promise<Desired> {
  const { render } = await import('../../../core/render/render.ts');
  const chosen = new Set(options.node);
  return render(
    model,
    resolutions.filter(({ node }) => chosen.size === 0 || chosen.has(node)),
    {
      cluster: chosen.size === 0,
      ...(options.peering === undefined ? {} : { peering: options.peering }),
    },
  );
}

function refuseUnknownNodes(chosen: ReadonlySet<string>, nodes: readonly NodeFacts[]): void {
  const names = nodes.map(({ name }) => name);
  const unknown = [...chosen].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, names);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  throw new AppError('usage', `cannot render node "${unknown}": NODES has no such node${hint}`);
}
