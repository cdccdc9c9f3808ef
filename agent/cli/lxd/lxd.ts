/** calico-agent lxd: the devices and settings that this host gives to its LXD containers. */
import type { Command } from 'commander';
import type { LxdHost } from '../../ports/lxd-host.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { lxdAnswer } from '../daemon/answers.ts';
import type { LxdReport } from '../../app/lxd/report.ts';
import { addLxdApply, addLxdRemove } from './apply.ts';
import { findLxdAgent } from './agent.ts';
import { addLxdRestart } from './restart.ts';
import { formatLxd } from './text.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { addSocketOption } from '../daemon/agent-client.ts';
import { printAnswer } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

export function addLxd(program: Command, context: CommandContext, toAction: ToAction): void {
  const lxd = program
    .command('lxd')
    .summary('show and set what this host gives to its LXD containers')
    .description(
      'Nodes in LXD containers need the BPF file system of their host, and may need kernel modules ' +
        'and settings. These commands use LXD on this machine, as root; where an agent of the role ' +
        'lxd-host runs, they ask that agent.',
    )
    .addHelpText('after', examples(all));
  addLxdStatus(lxd, context, toAction);
  addLxdApply(lxd, context, toAction);
  addLxdRestart(lxd, context, toAction);
  addLxdRemove(lxd, context, toAction);
}

const all = [
  ['what does each container have inside?', 'calico-agent lxd status'],
  ['the BPF file system for all containers of a profile', 'calico-agent lxd apply --bpffs'],
  ['restart the containers that need it, one at a time', 'calico-agent lxd restart'],
] as const;

function addLxdStatus(lxd: Command, context: CommandContext, toAction: ToAction): void {
  const command = lxd
    .command('status')
    .summary('show profiles and containers, and which need a restart')
    .description(
      'Shows what calico-agent has put into each profile, what of it each container has inside, and ' +
        'which containers need a restart, and why.',
    );
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['for a person', 'calico-agent lxd status'],
        [
          'which need a restart?',
          "calico-agent lxd status -o json | jq -r '.containers[] | select(.needsRestart).name'",
        ],
      ]),
    )
    .action(toAction((options: SocketOptions & OutputOptions) => status(options, context)));
}

async function status(
  { socket, output }: SocketOptions & OutputOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const agent = await findLxdAgent(socket);
  const report =
    agent === undefined
      ? await readDirectly(await context.connectLxd())
      : await answerOf(
          agent.client.read({ method: 'GET', path: '/v1/lxd', timeoutMs: 120_000 }),
          lxdAnswer,
        );
  await printAnswer(context.stdout, output, report, formatLxd);
  return 0;
}

async function readDirectly(host: LxdHost): Promise<LxdReport> {
  const { seeByHand } = await import('../../app/lxd/by-hand.ts');
  return seeByHand(host);
}
