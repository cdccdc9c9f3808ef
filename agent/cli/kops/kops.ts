/** calico-agent kops: the network of kops' cluster documents, without a cloud and without a daemon. */
import type { Command } from 'commander';
import { examples } from '../../../runtime/cli/options.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';
import { addKopsCheck } from './check.ts';
import { addKopsEdit } from './edit.ts';
import { addKopsExplain } from './explain.ts';
import { addKopsStanza } from './stanza.ts';

export function addKops(program: Command, context: CommandContext, toAction: ToAction): void {
  const kops = program
    .command('kops')
    .summary("check, edit and explain the network of kops' cluster documents")
    .description(
      'Works on the document of a cluster, in v1alpha2 or v1alpha3, for the versions of kops and ' +
        'Kubernetes that you name. Needs no daemon, no kops, and no cloud.',
    )
    .addHelpText(
      'after',
      examples([
        ['what is wrong, and what would kops drop?', 'calico-agent kops check cluster.yaml'],
        [
          'the cluster as it is now',
          'kops get cluster NAME -o yaml | calico-agent kops check - --kops-version 1.30',
        ],
        [
          'change a value, and keep the rest of the file',
          'calico-agent kops edit cluster.yaml --set spec.networking.calico.mtu=8981',
        ],
        ['what does it mean, and what to run next?', 'calico-agent kops explain cluster.yaml'],
      ]),
    );
  addKopsCheck(kops, context, toAction);
  addKopsEdit(kops, context, toAction);
  addKopsExplain(kops, context, toAction);
  addKopsStanza(kops, context, toAction);
}
