/** The program calico-agent, with its commands. */
import { runProgram, type Program } from '../../runtime/cli/program.ts';
import type { ExitStatus } from '../../runtime/cli/terminal.ts';
import type { CommandContext } from './command-context.ts';
import { commands } from './commands.ts';

const program: Program<CommandContext> = {
  name: 'calico-agent',
  description:
    "Keeps a node's Calico BGP and IP pools as one network configuration says: " +
    'previewed, applied whole or not at all, and explained.',
  examples: [
    ['is a configuration valid?', 'calico-agent check config.yaml'],
    ['what does it become for these nodes?', 'calico-agent render config.yaml --nodes nodes.yaml'],
    ['what would change here?', 'calico-agent plan config.yaml'],
    ['change it', 'calico-agent apply config.yaml --wait'],
    ['what is wrong on this machine?', 'calico-agent doctor'],
  ],
  exitStatuses:
    'Exit status: 0 done, 1 failed, 2 refused input or wrong usage, 3 drifted (drift only).',
  commands,
  hints: {
    held: 'calico-agent status shows the hold; calico-agent release-hold [--cluster] ends it',
    'writer-lease-lost':
      'one agent at a time writes the cluster-wide resources; calico-agent status says which',
    'datastore-conflict': 'nothing was overwritten: check what has changed, and repeat the command',
  },
};

/** @param argv the arguments, without the interpreter and the program */
export function runCli(argv: readonly string[], context: CommandContext): Promise<ExitStatus> {
  return runProgram(program, argv, context);
}
