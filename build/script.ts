/**
 * The common parts of every script here: --help, a refusal of unknown arguments, no stack trace.
 */
import { Command } from 'commander';

/** A script without options yet. @param call how a person calls it: "npm run charm" */
export function script(call: string, description: string): Command {
  const separator = call.startsWith('npm ') ? ' --' : '';
  return new Command(`${call}${separator}`)
    .description(description)
    .allowExcessArguments(false)
    .showHelpAfterError()
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

/** Exit status: 0 done, 1 failed, 2 wrong usage. */
export async function runScript(command: Command): Promise<void> {
  try {
    await command.parseAsync();
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
