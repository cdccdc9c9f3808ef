/** calico-agent platform clean: takes away what an earlier CNI left on this node. */
import { Argument, type Command } from 'commander';
import { nameSome } from '../../../core/name-some.ts';
import { formerCnis, type FormerCni } from '../../../core/platform/cni/left-overs.ts';
import { printable } from '../../../core/printable.ts';
import { addYesOption, examples, type YesOptions } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { clean, planClean, type CleanPlan } from '../../app/platform/clean-left-overs.ts';
import type { CommandContext } from '../command-context.ts';

export function addClean(platform: Command, context: CommandContext, toAction: ToAction): void {
  const command = platform
    .command('clean')
    .summary('take away what an earlier CNI left on this node')
    .description(
      'Names the interfaces, CNI configurations and chains of the packet filter that an earlier CNI left ' +
        'on this node, and changes nothing. With --yes it deletes the interfaces and chains, and gives ' +
        'the files another name. It refuses the CNI that is in force. Pods that were not recreated since ' +
        'lose their network.',
    )
    .addArgument(new Argument('<cni>', 'the earlier CNI').choices(formerCnis));
  addYesOption(command, 'take them away')
    .addHelpText(
      'after',
      examples([
        ['what did flannel leave?', 'sudo calico-agent platform clean flannel'],
        [
          "K3s' rules of network policies, after Calico",
          'sudo calico-agent platform clean kube-router --yes',
        ],
      ]),
    )
    .action(toAction((cni: FormerCni, { yes = false }: YesOptions) => cleanUp(cni, yes, context)));
}

async function cleanUp(
  former: FormerCni,
  yes: boolean,
  context: CommandContext,
): Promise<ExitStatus> {
  const deps = await context.connectCniCleaner();
  const plan = await planClean(deps, former);
  await write(context.stdout, planText(former, plan, yes));
  if (!yes) return 0;
  for await (const line of clean(deps, plan.leftOvers)) {
    await write(context.stdout, `${printable(line)}\n`);
  }
  return 0;
}

function planText(former: FormerCni, { leftOvers, unknown }: CleanPlan, yes: boolean): string {
  const { links, files, chains } = leftOvers;
  const found = [
    ...files.map((file) => `  file       ${printable(file)}`),
    ...(['ipv4', 'ipv6'] as const).flatMap((family) =>
      chains[family].length === 0 ? [] : [`  chains     ${family}: ${nameSome(chains[family])}`],
    ),
    ...links.map((link) => `  interface  ${printable(link)}`),
  ];
  const head =
    found.length === 0 ? `${former} left nothing on this node` : `${former} left on this node:`;
  const last = yes || found.length === 0 ? [] : ['', 'nothing was changed; --yes takes them away'];
  return [head, ...found, ...unknown.map((what) => `  unknown    ${what}`), ...last, ''].join('\n');
}
