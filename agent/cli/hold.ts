/** calico-agent hold and release-hold: for the night when a person works by hand. */
import type { Command } from 'commander';
import type { HoldScope } from '../app/agent.ts';
import { createAgentClient, jsonOf } from './agent-client.ts';
import {
  addOutputOption,
  addSocketOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from './options.ts';
import { printResult } from './print.ts';
import type { CliWorld, Ending, ExitStatus } from './world.ts';

interface ScopeOptions extends SocketOptions, OutputOptions {
  readonly cluster?: true;
}

interface HoldOptions extends ScopeOptions {
  readonly why: string;
}

export function addHold(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('hold')
    .summary('stop all writing, while a person works by hand')
    .description(
      'Stops all writing to the datastore until release-hold, also over restarts: of this agent, ' +
        'or with --cluster of all agents. Every status says who stopped it and why. New ' +
        'configurations are still accepted, and wait.',
    )
    .requiredOption('--why <text>', 'the reason, for everybody who asks')
    .option('--cluster', 'all agents of the cluster');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['this node', 'calico-agent hold --why "changing the peers of rack 2 by hand"'],
        ['all nodes', 'calico-agent hold --cluster --why "ticket 4711"'],
      ]),
    )
    .action(ending((options: HoldOptions) => hold(options, world)));
}

export function addReleaseHold(program: Command, world: CliWorld, ending: Ending): void {
  const command = program
    .command('release-hold')
    .summary('let it write again')
    .description('Ends what hold began. What drifted meanwhile is put back, as its policy says.')
    .option('--cluster', 'the hold of all agents of the cluster');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        [
          'this node; calico-agent drift shows before what will be put back',
          'calico-agent release-hold',
        ],
        ['all nodes', 'calico-agent release-hold --cluster'],
      ]),
    )
    .action(ending((options: ScopeOptions) => releaseHold(options, world)));
}

async function hold(options: HoldOptions, world: CliWorld): Promise<ExitStatus> {
  const scope = scopeOf(options);
  const answer = await createAgentClient(options.socket).change({
    method: 'PUT',
    path: `/v1/hold?${new URLSearchParams({ by: world.by }).toString()}`,
    body: JSON.stringify({ scope, why: options.why }),
  });
  const release = scope === 'cluster' ? 'release-hold --cluster' : 'release-hold';
  const text = `${writers[scope]} nothing until calico-agent ${release}`;
  await printResult(world.stdout, options.output, jsonOf(answer), () => text);
  return 0;
}

async function releaseHold(options: ScopeOptions, world: CliWorld): Promise<ExitStatus> {
  const scope = scopeOf(options);
  const answer = await createAgentClient(options.socket).change({
    method: 'DELETE',
    path: `/v1/hold?${new URLSearchParams({ scope }).toString()}`,
  });
  const text = `${writers[scope]} again`;
  await printResult(world.stdout, options.output, jsonOf(answer), () => text);
  return 0;
}

const writers: Readonly<Record<HoldScope, string>> = {
  agent: 'this agent writes',
  cluster: 'the agents of this cluster write',
};

function scopeOf({ cluster }: ScopeOptions): HoldScope {
  return cluster === true ? 'cluster' : 'agent';
}
