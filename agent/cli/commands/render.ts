/** calico-agent render: what a configuration becomes, without a daemon or a cluster. */
import { Option, type Command } from 'commander';
import { nearestName } from '../../../core/config/schema/nearest-name.ts';
import type { NetworkModel, Peering } from '../../../core/config/model.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { hasErrors } from '../../../core/issue.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { FleetInput, FleetInputOptions } from '../input/fleet-input.ts';
import { countIssues, formatIssues } from '../output/issue-report.ts';
import {
  addUnitApplicationOption,
  configArgument,
  examples,
  gather,
  nodesDescription,
} from '../options.ts';
import { write } from '../output/print.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

interface RenderOptions extends FleetInputOptions {
  readonly nodes: string;
  readonly node?: readonly string[];
  readonly peering?: Peering;
  readonly for: 'calicoctl' | 'kubectl' | 'kubectl-v3';
  readonly withNodes?: true;
}

export function addRender(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('render')
    .summary('print the Calico resources that a configuration becomes')
    .description(
      'Prints the Calico resources that a configuration becomes, as YAML documents that the named ' +
        'tool applies as they are. What has to become of Nodes comes as commands in comments. ' +
        'Without --node: those of the whole fleet and of the cluster.',
    )
    .argument('<config>', configArgument)
    .requiredOption('--nodes <nodes>', nodesDescription)
    .option('--node <name>', "only this node's own; may be given several times", gather)
    .addOption(
      new Option(
        '--peering <strategy>',
        'one BGPPeer per peer, chosen by labels; or one per node and peer (default: as the configuration says, else selectors)',
      ).choices(['selectors', 'per-node']),
    )
    .addOption(
      new Option('--for <tool>', 'what shall apply it')
        .choices(['calicoctl', 'kubectl', 'kubectl-v3'])
        .default('calicoctl'),
    )
    .option('--with-nodes', 'whole Node documents, for an empty datastore (calicoctl only)');
  addUnitApplicationOption(command)
    .addHelpText(
      'after',
      examples([
        ['look at everything', 'calico-agent render config.yaml --nodes nodes.yaml'],
        [
          'compare with what the cluster has',
          'calico-agent render config.yaml --nodes nodes.yaml --for kubectl | kubectl diff -f -',
        ],
        [
          "one node's own",
          'calico-agent render config.yaml --nodes nodes.yaml --node node-0 --peering per-node',
        ],
      ]),
    )
    .action(
      ending((config: string, options: RenderOptions) => renderConfig(config, options, world)),
    );
}

async function renderConfig(
  path: string,
  options: RenderOptions,
  world: CliWorld,
): Promise<ExitStatus> {
  if (options.withNodes === true && options.for !== 'calicoctl') {
    throw new AppError(
      'usage',
      `cannot render whole Nodes for ${options.for}: that would make Nodes that no kubelet knows; use --for calicoctl, or leave out --with-nodes`,
    );
  }
  const { inputsOf, readFleetInput } = await import('../input/fleet-input.ts');
  const input = await readFleetInput(path, options, world);
  const issues = inputsOf(input).flatMap((one) => one.issues);
  await write(world.stderr, formatIssues(inputsOf(input)));
  const { model } = input;
  if (model === undefined || hasErrors(issues)) {
    await write(world.stderr, `${countIssues(issues)}: nothing is rendered\n`);
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
  await write(world.stderr, formatIssues([{ name, issues: checkTool(desired, options.for) }]));
  if (options.withNodes === true)
    await write(world.stderr, formatIssues([{ name, issues: [wholeNodesWarning] }]));
  const withNodes = options.withNodes === true ? { nodes } : {};
  await write(world.stdout, renderDocuments(desired, { for: options.for, ...withNodes }));
  return 0;
}

async function desiredOf(
  model: NetworkModel,
  { resolutions = [] }: FleetInput,
  options: RenderOptions,
): Promise<Desired> {
  const { render } = await import('../../../core/render/render.ts');
  const wanted = new Set(options.node);
  return render(
    model,
    resolutions.filter(({ node }) => wanted.size === 0 || wanted.has(node)),
    {
      cluster: wanted.size === 0,
      ...(options.peering === undefined ? {} : { peering: options.peering }),
    },
  );
}

function refuseUnknownNodes(wanted: ReadonlySet<string>, nodes: readonly NodeFacts[]): void {
  const names = nodes.map(({ name }) => name);
  const unknown = [...wanted].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, names);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
  throw new AppError('usage', `cannot render node "${unknown}": NODES has no such node${hint}`);
}
