import type { AddCommand } from '../../runtime/cli/program.ts';
import type { ExitStatus, Terminal } from '../../runtime/cli/terminal.ts';
import type { ServeSettings } from '../settings.ts';

/** Adds one command to calico-controller. */
export type AddControllerCommand = AddCommand<CommandContext>;

/** What commands need of their process; handed in, so that tests run commands without one. */
export interface CommandContext extends Terminal {
  /** Who runs the command, for the history: `<user>@<host>`. */
  readonly by: string;
  /** Runs the controller until it is stopped. */
  serve(settings: ServeSettings): Promise<ExitStatus>;
}
