/** calico-agent run: runs the daemon. main.ts starts a plain `run` without this parser. */
import { examples } from '../../../runtime/cli/options.ts';
import type { AddAgentCommand, RunSettings } from '../command-context.ts';

export const addRun: AddAgentCommand = (program, context, toAction) => {
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
    .action(toAction((settings: RunSettings) => context.runAgent(settings)));
};
