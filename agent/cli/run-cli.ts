/** The command line: parses arguments, runs one command, and says how it ended. */
import { Command, CommanderError } from 'commander';
import { printable, printableLines } from '../../core/printable.ts';
import { AppError, exitStatusOf, reasonOf, systemCodeOf } from '../../runtime/errors.ts';
import { version } from '../../runtime/version.ts';
import { commands } from './commands.ts';
import { hintOf } from './daemon/error-hints.ts';
import { examples } from './options.ts';
import { write } from './output/print.ts';
import type { CliWorld, Ending, ExitStatus } from './world.ts';

/** @param argv without the interpreter and the program */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<ExitStatus> {
  // A write to a pipe that was closed is seen where it is awaited; unheard it would end the process.
  const unheard = (): void => undefined;
  world.stdout.on('error', unheard);
  try {
    return await runCommand(argv, world);
  } catch (error) {
    return await reportFailure(error, world);
  } finally {
    world.stdout.off('error', unheard);
  }
}

async function runCommand(argv: readonly string[], world: CliWorld): Promise<ExitStatus> {
  let status: ExitStatus = 0;
  const ending: Ending =
    (run) =>
    async (...args) => {
      status = await run(...args);
    };
  await createProgram(world, ending).parseAsync(argv, { from: 'user' });
  return status;
}

function createProgram(world: CliWorld, ending: Ending): Command {
  const program = new Command('calico-agent')
    .description(
      "Keeps a node's Calico BGP and IP pools as one network configuration says: " +
        'previewed, applied whole or not at all, and explained.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(printableLines(text)),
      writeErr: (text) => void world.stderr.write(printableLines(text)),
    })
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', examples(startingPoints) + exitStatuses);
  for (const add of commands) add(program, world, ending);
  return program;
}

const startingPoints = [
  ['is a configuration right?', 'calico-agent check config.yaml'],
  ['what does it become for these nodes?', 'calico-agent render config.yaml --nodes nodes.yaml'],
  ['what would change here?', 'calico-agent plan config.yaml'],
  ['change it', 'calico-agent apply config.yaml --wait'],
  ['what is wrong on this machine?', 'calico-agent doctor'],
] as const;

const exitStatuses =
  '\n\nExit status: 0 done, 1 failed, 2 refused input or wrong usage, 3 drifted (drift only).';

async function reportFailure(error: unknown, world: CliWorld): Promise<ExitStatus> {
  // Help and version end this way too; what there is to say was written already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  // The reader of a pipe has seen enough: calico-agent render … | head.
  if (systemCodeOf(error) === 'EPIPE') return 0;
  const hint = error instanceof AppError ? hintOf(error.code) : '';
  await write(world.stderr, `calico-agent: ${printable(reasonOf(error))}\n${hint}`);
  return exitStatusOf(error);
}
