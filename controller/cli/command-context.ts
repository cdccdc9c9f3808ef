import type { AddCommand } from '../../runtime/cli/program.ts';
import type { ExitStatus, Terminal } from '../../runtime/cli/terminal.ts';
import type { ServeSettings } from '../settings.ts';

/** Adds one command to calico-controller. */
export type AddControllerCommand = AddCommand<CommandContext>;

/**
 * The parts of their process that commands need. They are handed in, so that tests can run commands
 * without a process.
 */
export interface CommandContext extends Terminal {
  /** The user of the command, for the history: `<user>@<host>`. */
  readonly by: string;
  /** Runs the controller until it is stopped. */
  serve(settings: ServeSettings): Promise<ExitStatus>;
}
