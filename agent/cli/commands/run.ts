/** calico-agent run: the daemon. main.ts starts it without coming through here where it can. */
import type { Command } from 'commander';
import { examples } from '../options.ts';
import type { CliWorld, Ending, RunSettings } from '../world.ts';

export function addRun(program: Command, world: CliWorld, ending: Ending): void {
  program
    .command('run')
    .summary('run the daemon')
    .description(
      'Runs the daemon in the foreground, until SIGTERM or SIGINT; SIGHUP reads agent.yaml again.',
    )
    .option('--config <file>', 'how this agent runs (default: /etc/calico-agent/agent.yaml)')
    .addHelpText(
      'after',
      examples([
        ['as its systemd unit does', 'calico-agent run'],
        ['with settings of your own', 'calico-agent run --config ./agent.yaml'],
      ]),
    )
    .action(ending((settings: RunSettings) => world.runAgent(settings)));
}
