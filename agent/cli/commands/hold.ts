/** calico-agent hold and release-hold: for the night when a person works by hand. */
import type { Command } from 'commander';
import { valueAt } from '../../../core/input/plain-data.ts';
import type { HoldScope } from '../../app/agent.ts';
import { createAgentClient, jsonOf } from '../daemon/agent-client.ts';
import {
  addOutputOption,
  addSocketOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../options.ts';
import { printResult } from '../output/print.ts';
import type { CliWorld, Ending, ExitStatus } from '../world.ts';

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
  const text = heldTexts[scope];
  await printResult(world.stdout, options.output, jsonOf(answer), () => text);
  return 0;
}

async function releaseHold(options: ScopeOptions, world: CliWorld): Promise<ExitStatus> {
  const scope = scopeOf(options);
  const client = createAgentClient(options.socket);
  const answer = await client.change({
    method: 'DELETE',
    path: `/v1/hold?${new URLSearchParams({ scope }).toString()}`,
  });
  await printResult(world.stdout, options.output, jsonOf(answer), async () => {
    const status = jsonOf(await client.read({ method: 'GET', path: '/v1/status' }));
    return releasedText(scope, valueAt(status, 'hold', 'scope'));
  });
  return 0;
}

const heldTexts: Readonly<Record<HoldScope, string>> = {
  agent: 'this agent writes nothing until calico-agent release-hold',
  cluster:
    'the hold is set; every agent of this cluster that sees it writes nothing until calico-agent release-hold --cluster',
};

/** @param other the hold that still stands: there is one of the agent and one of the cluster */
function releasedText(scope: HoldScope, other: unknown): string {
  if (other === 'agent') {
    return 'the hold of the cluster is released; this agent has one of its own: calico-agent release-hold';
  }
  if (other === 'cluster' && scope === 'agent') {
    return 'the hold of this agent is released; that of the cluster stands: calico-agent release-hold --cluster';
  }
  return scope === 'agent'
    ? 'this agent may write again'
    : 'the hold is released; every agent of this cluster that sees it may write again';
}

function scopeOf({ cluster }: ScopeOptions): HoldScope {
  return cluster === true ? 'cluster' : 'agent';
}
