/** calico-agent metallb: what MetalLB does with a configuration, without a daemon. */
import type { Command } from 'commander';
import { examples } from '../../../runtime/cli/options.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';
import { addExplainServices } from './explain.ts';
import { addInstall } from './install.ts';

export function addMetalLb(program: Command, context: CommandContext, toAction: ToAction): void {
  const metallb = program
    .command('metallb')
    .summary('explain what a Service gets of MetalLB, and how to install it')
    .description(
      'Pools, peers and advertisements of MetalLB belong into a configuration (metallb:). These commands ' +
        'read the configuration, and what kubectl prints or with --live the running cluster. They need no daemon, ' +
        'and change nothing, except that install --write-k3s-manifest --yes writes a file on a K3s server.',
    )
    .addHelpText(
      'after',
      examples([
        [
          'which address does each Service get, and who announces it?',
          'kubectl get services,namespaces --all-namespaces -o json | calico-agent metallb explain config.yaml --services -',
        ],
        [
          'the same, read from the running cluster',
          'calico-agent metallb explain config.yaml --live',
        ],
        ['how is MetalLB installed for it?', 'calico-agent metallb install config.yaml'],
      ]),
    );
  addExplainServices(metallb, context, toAction);
  addInstall(metallb, context, toAction);
}
