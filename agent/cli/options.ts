/** Options that several commands of the agent share. */
import type { Command } from 'commander';

export function addUnitApplicationOption(command: Command): Command {
  return command.option(
    '--unit-application <name>',
    'the Juju application whose units bare unit numbers mean (default: calico)',
  );
}

export const nodesDescription =
  'the nodes: a list of facts, or what kubectl get nodes, calicoctl get nodes or juju status print; - is stdin';
