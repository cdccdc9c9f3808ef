/** calico-agent hold and release-hold: stop all writing while a person works by hand. */
import { InvalidArgumentError, type Command } from 'commander';
import type { HoldScope } from '../../app/apply/known-writer.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { createAgentClient } from '../daemon/agent-client.ts';
import { holdAnswer, releasedHoldAnswer, statusAnswer } from '../daemon/answers.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { addSocketOption } from '../daemon/agent-client.ts';
import { printResult } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

interface ScopeOptions extends SocketOptions, OutputOptions {
  readonly cluster?: true;
}

interface HoldOptions extends ScopeOptions {
  readonly why: string;
}

/** The limit of the daemon. */
const longestReason = 1024;

export function addHold(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('hold')
    .summary('stop all writing, while a person works by hand')
    .description(
      'Stops all writing to the datastore until release-hold, also over restarts: by this agent, or ' +
        'with --cluster by all agents. Every status says who stopped it and why. The agents still ' +
        'accept new configurations, and apply them after release-hold.',
    )
    .requiredOption('--why <text>', 'the reason, shown in every status', parseReason)
    .option('--cluster', 'all agents of the cluster');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['this node', 'calico-agent hold --why "changing the peers of rack 2 by hand"'],
        ['all nodes', 'calico-agent hold --cluster --why "ticket 4711"'],
      ]),
    )
    .action(toAction((options: HoldOptions) => hold(options, context)));
}

function parseReason(text: string): string {
  const reason = text.trim();
  if (reason !== '' && reason.length <= longestReason) return reason;
  throw new InvalidArgumentError(`It is a text of 1 to ${String(longestReason)} characters.`);
}

export function addReleaseHold(
  program: Command,
  context: CommandContext,
  toAction: ToAction,
): void {
  const command = program
    .command('release-hold')
    .summary('end a hold: the agent writes again')
    .description('Ends a hold. The agent then corrects drift, as the policy in agent.yaml says.')
    .option('--cluster', 'the hold of all agents of the cluster');
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        [
          'this node; calico-agent drift shows beforehand what the agent will put back',
          'calico-agent release-hold',
        ],
        ['all nodes', 'calico-agent release-hold --cluster'],
      ]),
    )
    .action(toAction((options: ScopeOptions) => releaseHold(options, context)));
}

async function hold(options: HoldOptions, context: CommandContext): Promise<ExitStatus> {
  const scope = scopeOf(options);
  const changing = createAgentClient(options.socket).change({
    method: 'PUT',
    path: `/v1/hold?${new URLSearchParams({ by: context.by }).toString()}`,
    body: JSON.stringify({ scope, why: options.why }),
  });
  const held = await answerOf(changing, holdAnswer);
  await printResult(context.stdout, options.output, held, () => heldTexts[scope]);
  return 0;
}

async function releaseHold(options: ScopeOptions, context: CommandContext): Promise<ExitStatus> {
  const scope = scopeOf(options);
  const client = createAgentClient(options.socket);
  const changing = client.change({
    method: 'DELETE',
    path: `/v1/hold?${new URLSearchParams({ scope }).toString()}`,
  });
  const released = await answerOf(changing, releasedHoldAnswer);
  await printResult(context.stdout, options.output, released, async () => {
    const reading = client.read({ method: 'GET', path: '/v1/status' });
    const { hold: remaining } = await answerOf(reading, statusAnswer);
    return releasedText(scope, remaining?.scope);
  });
  return 0;
}

const heldTexts: Readonly<Record<HoldScope, string>> = {
  agent: 'this agent writes nothing until calico-agent release-hold',
  cluster:
    'the hold is set; no agent that reads it writes anything until calico-agent release-hold --cluster',
};

/** @param other the scope of a hold that remains */
function releasedText(scope: HoldScope, other: HoldScope | undefined): string {
  if (other === 'agent') {
    return 'the hold of the cluster is released; this agent is on hold itself: calico-agent release-hold';
  }
  if (other === 'cluster' && scope === 'agent') {
    return 'the hold of this agent is released; the hold of the cluster remains: calico-agent release-hold --cluster';
  }
  return scope === 'agent'
    ? 'this agent may write again'
    : 'the hold is released; all agents of this cluster may write again';
}

function scopeOf({ cluster }: ScopeOptions): HoldScope {
  return cluster === true ? 'cluster' : 'agent';
}
