/** calico-agent completion: scripts for shells, made from the commands themselves. */
import { Argument, type Command } from 'commander';
import { completionScripts, type Shell } from './scripts.ts';
import { describeCommands } from './words.ts';
import { examples } from '../options.ts';
import { write } from '../output/print.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

export function addCompletion(program: Command, world: CliWorld, ending: Ending): void {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a script that completes commands, options and their values in a shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(completionScripts)))
    .addHelpText(
      'after',
      examples([
        [
          'bash, for all users',
          'calico-agent completion bash > /etc/bash_completion.d/calico-agent',
        ],
        ['zsh', 'calico-agent completion zsh > "${fpath[1]}/_calico-agent"'],
        ['fish', 'calico-agent completion fish > ~/.config/fish/completions/calico-agent.fish'],
      ]),
    )
    .action(
      ending(async (shell: Shell): Promise<ExitStatus> => {
        await write(world.stdout, completionScripts[shell](describeCommands(program)));
        return 0;
      }),
    );
}
