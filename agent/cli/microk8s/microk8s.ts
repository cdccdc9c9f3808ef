/** calico-agent microk8s: what a person does once to a cluster of MicroK8s. */
import type { Command } from 'commander';
import { examples } from '../../../runtime/cli/options.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';
import { addSwitchCni } from './switch-cni.ts';
import { addUpgradeCalico } from './upgrade-calico.ts';

export function addMicroK8s(program: Command, context: CommandContext, toAction: ToAction): void {
  const microk8s = program
    .command('microk8s')
    .summary('upgrade Calico on MicroK8s, or replace it')
    .description(
      'Settings of MicroK8s belong into a configuration (platform: microk8s). These commands do what is ' +
        'done once: they run on a node, as root, without the daemon.',
    )
    .addHelpText(
      'after',
      examples([
        ['what would an upgrade of Calico change?', 'calico-agent microk8s upgrade-calico'],
        ['what would Kube-OVN cost?', 'calico-agent microk8s switch-cni kube-ovn'],
      ]),
    );
  addUpgradeCalico(microk8s, context, toAction);
  addSwitchCni(microk8s, context, toAction);
}
