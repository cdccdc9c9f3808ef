/** The command completion: scripts for shells, made from the program's own commands. */
import { Argument, type Command } from 'commander';
import { examples } from '../options.ts';
import { write } from '../print.ts';
import type { AddCommand, ToAction } from '../program.ts';
import type { ExitStatus, Terminal } from '../terminal.ts';
import { completionScripts, type Shell } from './scripts.ts';
import { describeProgram, type AskedValues } from './words.ts';

export const addCompletion: AddCommand<Terminal> = completionWith({});

export function completionWith(commands: AskedValues): AddCommand<Terminal> {
  return (program, context, toAction) => addCommand(program, { context, toAction, commands });
}

interface Parts {
  readonly context: Terminal;
  readonly toAction: ToAction;
  readonly commands: AskedValues;
}

function addCommand(program: Command, { context, toAction, commands }: Parts): void {
  const name = program.name();
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a script that completes commands, options and their values in a shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(completionScripts)))
    .addHelpText(
      'after',
      examples([
        ['bash, for all users', `${name} completion bash > /etc/bash_completion.d/${name}`],
        ['zsh', `${name} completion zsh > "\${fpath[1]}/_${name}"`],
        ['fish', `${name} completion fish > ~/.config/fish/completions/${name}.fish`],
      ]),
    )
    .action(
      toAction(async (shell: Shell): Promise<ExitStatus> => {
        const described = describeProgram(program, commands);
        await write(context.stdout, completionScripts[shell](described));
        return 0;
      }),
    );
}
