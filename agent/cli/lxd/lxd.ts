/** calico-agent lxd: what this host gives to its LXD containers. */
import type { Command } from 'commander';
import type { LxdHost } from '../../ports/lxd-host.ts';
import { expectAnswer, jsonOf } from '../daemon/agent-client.ts';
import { addLxdApply, addLxdRemove } from './apply.ts';
import { findLxdAgent, isLxdReport } from './agent.ts';
import { addLxdRestart } from './restart.ts';
import { formatLxd } from './text.ts';
import {
  addOutputOption,
  addSocketOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../options.ts';
import { printAnswer } from '../output/print.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

export function addLxd(program: Command, world: CliWorld, ending: Ending): void {
  const lxd = program
    .command('lxd')
    .summary('show and set what this host gives to its LXD containers')
    .description(
      'Nodes in LXD containers need the BPF file system of their host, and may need kernel modules ' +
        'and settings. These commands look at LXD on this machine, as root; with an agent of the ' +
        'role lxd-host they ask that agent.',
    )
    .addHelpText('after', examples(all));
  addLxdStatus(lxd, world, ending);
  addLxdApply(lxd, world, ending);
  addLxdRestart(lxd, world, ending);
  addLxdRemove(lxd, world, ending);
}

const all = [
  ['what has which container, seen from inside?', 'calico-agent lxd status'],
  ['the BPF file system for all containers of a profile', 'calico-agent lxd apply --bpffs'],
  ['those that need it, one at a time', 'calico-agent lxd restart'],
] as const;

function addLxdStatus(lxd: Command, world: CliWorld, ending: Ending): void {
  const command = lxd
    .command('status')
    .summary('show profiles and containers, and which need a restart')
    .description(
      'Shows what is ours in which profile, and what of it each container has, seen from inside; ' +
        'and which need a restart, and why.',
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
    .action(ending((options: SocketOptions & OutputOptions) => status(options, world)));
}

async function status(
  { socket, output }: SocketOptions & OutputOptions,
  world: CliWorld,
): Promise<ExitStatus> {
  const agent = await findLxdAgent(socket);
  const report =
    agent === undefined
      ? await seen(await world.connectLxd())
      : jsonOf(await agent.client.read({ method: 'GET', path: '/v1/lxd', timeoutMs: 120_000 }));
  await printAnswer(world.stdout, output, expectAnswer(report, isLxdReport), formatLxd);
  return 0;
}

async function seen(host: LxdHost): Promise<unknown> {
  const { seeByHand } = await import('../../app/lxd/by-hand.ts');
  return seeByHand(host);
}
