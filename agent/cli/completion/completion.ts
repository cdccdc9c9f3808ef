/** calico-agent completion: scripts for shells, made from the commands themselves. */
import { Argument, type Command } from 'commander';
import { completionScripts, type Shell } from './scripts.ts';
import { describeCommands } from './words.ts';
import { examples } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

export function addCompletion(program: Command, context: CommandContext, toAction: ToAction): void {
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
      toAction(async (shell: Shell): Promise<ExitStatus> => {
        await write(context.stdout, completionScripts[shell](describeCommands(program)));
        return 0;
      }),
    );
}
