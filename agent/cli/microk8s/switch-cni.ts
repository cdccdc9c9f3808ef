/** calico-agent microk8s switch-cni: what MicroK8s does destructively; shown first, done with --destroy. */
import { Argument, type Command } from 'commander';
import { AppError } from '../../../runtime/errors.ts';
import { examples } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { countLosses, type Losses } from '../../app/microk8s/count-losses.ts';
import type { CommandContext } from '../command-context.ts';

interface Switch {
  readonly command: readonly string[];
  readonly losses: string;
}

const switches: Readonly<Record<string, Switch>> = {
  flannel: {
    command: ['disable', 'ha-cluster', '--force'],
    losses:
      'MicroK8s deletes ALL resources of this cluster, with dqlite, and begins an empty one with etcd and flannel; the node leaves its cluster',
  },
  'kube-ovn': {
    command: ['enable', 'kube-ovn', '--force'],
    losses:
      "MicroK8s deletes Calico with its policies, pools and addresses; every pod loses its network until it is recreated, and Calico's BGP sessions end",
  },
};
/** MicroK8s waits for pods by itself. */
const longestSeconds = 3600;

export function addSwitchCni(microk8s: Command, context: CommandContext, toAction: ToAction): void {
  microk8s
    .command('switch-cni')
    .summary('show what flannel (without Kubernetes store) or Kube-OVN cost, and switch to it')
    .description(
      'Shows what is lost, counted in the cluster, and changes nothing. With --destroy it calls microk8s, ' +
        'and there is no way back. flannel with the Kubernetes store keeps the resources of the cluster: ' +
        'write cni: flannel into a configuration.',
    )
    .addArgument(new Argument('<cni>', 'what replaces Calico').choices(Object.keys(switches)))
    .option('--destroy', 'switch, and lose all that the command shows')
    .addHelpText(
      'after',
      examples([
        ['what would be lost?', 'calico-agent microk8s switch-cni flannel'],
        ['switch to Kube-OVN', 'sudo calico-agent microk8s switch-cni kube-ovn --destroy'],
      ]),
    )
    .action(
      toAction((cni: string, options: { readonly destroy?: true }) =>
        switchCni(cni, options.destroy === true, context),
      ),
    );
}

async function switchCni(
  cni: string,
  destroy: boolean,
  context: CommandContext,
): Promise<ExitStatus> {
  const chosen = switches[cni];
  if (chosen === undefined) throw new AppError('usage', `there is no CNI "${cni}"`);
  const { microk8s } = await context.connectMicroK8s();
  const losses = await countLosses(microk8s);
  const command = `microk8s ${chosen.command.join(' ')}`;
  await write(context.stdout, lossText(command, chosen.losses, losses));
  if (losses.uncounted.length > 0) {
    throw new AppError(
      'apply-failed',
      'cannot count what would be lost, and nothing was changed; run it as root on a node whose API server answers',
    );
  }
  if (!destroy) {
    await write(context.stdout, '\nnothing was changed; --destroy does it\n');
    return 0;
  }
  const outcome = await microk8s.run(chosen.command, longestSeconds);
  await write(context.stdout, `\n${outcome.output}\n`);
  if (outcome.ok) return 0;
  throw new AppError('apply-failed', `${command} failed; what it printed is above`);
}

function lossText(command: string, losses: string, { counts, uncounted }: Losses): string {
  const width = Math.max(...counts.map(({ count }) => String(count).length), 1);
  return [
    `${command}: ${losses}.`,
    '',
    'this cluster has:',
    ...counts.map(({ what, count }) => `  ${String(count).padStart(width)}  ${what}`),
    ...uncountedText(uncounted, counts.length === 0, width),
    '',
  ].join('\n');
}

/** One line where nothing could be counted, for the one reason. */
function uncountedText(
  uncounted: Losses['uncounted'],
  isAll: boolean,
  width: number,
): readonly string[] {
  const [why, ...others] = new Set(uncounted.map((one) => one.why));
  const mark = '?'.padStart(width);
  return isAll && why !== undefined && others.length === 0
    ? [`  ${mark}  nothing could be counted with microk8s kubectl: ${why}`]
    : uncounted.map((one) => `  ${mark}  ${one.what}: ${one.why}`);
}
