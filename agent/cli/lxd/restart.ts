/** calico-agent lxd restart: restarts containers one at a time, until one does not come back. */
import type { Command } from 'commander';
import type { RestartReport } from '../../app/lxd/restart-containers.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { restartAnswer } from '../daemon/answers.ts';
import { findLxdAgent } from './agent.ts';
import { formatRestart } from './text.ts';
import {
  addOutputOption,
  examples,
  parseSeconds,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { addSocketOption } from '../daemon/agent-client.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

interface RestartOptions extends SocketOptions, OutputOptions {
  readonly project: string;
  readonly timeout: number;
}

const defaultTimeoutSeconds = 120;
/** Long, because the daemon decides about the number of containers and the time for each. */
const longestMs = 6 * 3600 * 1000;

export function addLxdRestart(lxd: Command, context: CommandContext, toAction: ToAction): void {
  const command = lxd
    .command('restart')
    .summary('restart containers one at a time')
    .description(
      'Restarts the named containers, or without names those that need it: one after the other, ' +
        'each with a clean shutdown, and the next one only when its network is up. Stops at the ' +
        'first container that does not come back. With an agent its configuration sets the limits.',
    )
    .argument('[containers...]', 'the names of the containers')
    .option('--project <name>', 'without an agent: the LXD project of the containers', 'default')
    .option(
      '--timeout <seconds>',
      'without an agent: the time for each container to shut down, and to be up again',
      parseSeconds,
      defaultTimeoutSeconds,
    );
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['all that need it', 'calico-agent lxd restart'],
        ['one of them', 'calico-agent lxd restart juju-4f0a-1'],
      ]),
    )
    .action(
      toAction((containers: readonly string[], options: RestartOptions) =>
        restart(containers, options, context),
      ),
    );
}

async function restart(
  containers: readonly string[],
  options: RestartOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const agent = await findLxdAgent(options.socket);
  const report =
    agent === undefined
      ? await restartDirectly(containers, options, context)
      : await answerOf(
          agent.client.change({
            method: 'POST',
            path: '/v1/lxd/restart',
            body: JSON.stringify({ containers }),
            timeoutMs: longestMs,
          }),
          restartAnswer,
        );
  await printAnswer(context.stdout, options.output, report, formatRestart);
  return report.failed.length === 0 ? 0 : 1;
}

async function restartDirectly(
  names: readonly string[],
  { project, timeout }: RestartOptions,
  context: CommandContext,
): Promise<RestartReport> {
  const [{ chooseContainers }, { restartContainers }, host] = await Promise.all([
    import('../../app/lxd/report.ts'),
    import('../../app/lxd/restart-containers.ts'),
    context.connectLxd(),
  ]);
  const { daemon: lxd } = await host.observe();
  const chosen = chooseContainers(lxd, names, project);
  const restarting = { lxd: host, clock: { after }, isStopping: () => false };
  return restartContainers(restarting, chosen, { parallel: 1, timeoutSeconds: timeout });
}

function after(milliseconds: number, run: () => void): () => void {
  const timer = setTimeout(run, milliseconds);
  return () => clearTimeout(timer);
}
