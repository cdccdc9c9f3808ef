/** calico-agent guard: shows the guard routes of this node, or removes them. */
import type { Command } from 'commander';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { counted } from '../../../runtime/cli/issue-report.ts';
import {
  addOutputOption,
  examples,
  type OutputOptions,
  type SocketOptions,
} from '../../../runtime/cli/options.ts';
import { printResult } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { CommandContext } from '../command-context.ts';
import { addSocketOption, createAgentClient } from '../daemon/agent-client.ts';
import { statusAnswer } from '../daemon/answers.ts';
import { formatGuard, type GuardReport } from './text.ts';

interface GuardOptions extends SocketOptions, OutputOptions {}

interface ClearOptions {
  readonly expired?: true;
}

export function addGuard(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('guard')
    .summary('show the guard routes of this node, or take them away')
    .description(
      "Shows the copies of BIRD's routes that the kernel has while a change runs: in which table, " +
        'behind which rules, since when, until when, and which of them carry traffic now.',
    );
  addOutputOption(addSocketOption(command))
    .addHelpText(
      'after',
      examples([
        ['what stands?', 'calico-agent guard'],
        ['take it away, also while the daemon is dead', 'calico-agent guard clear'],
      ]),
    )
    .action(toAction((options: GuardOptions) => show(options, context)));
  addClear(command, context, toAction);
}

/** The options of guard are valid here too: commander takes them at any place. */
function addClear(guard: Command, context: CommandContext, toAction: ToAction): void {
  guard
    .command('clear')
    .summary('take the guard routes away')
    .description(
      'Takes the guard routes and their rules away, as root, also while the daemon is dead. A change ' +
        'that runs goes on without them.',
    )
    .option('--expired', 'only when they are over their deadline')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', examples([['now', 'sudo calico-agent guard clear']]))
    .action(
      toAction((options: ClearOptions) => clear(options, guard.opts<GuardOptions>(), context)),
    );
}

async function show(
  { socket, output }: GuardOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const [routes, status] = await Promise.all([context.guardRoutes(), readStatus(socket)]);
  const report: GuardReport = {
    ...(await routes.state()),
    ...(status?.guard?.why !== undefined && { why: status.guard.why }),
    agent: status === undefined ? 'does not answer' : status.message,
  };
  await printResult(context.stdout, output, report, () => formatGuard(report, Date.now()));
  return 0;
}

/** The daemon's status; undefined: it does not answer. The command asks the kernel in any case. */
function readStatus(socket: string): Promise<AgentStatus | undefined> {
  const reading = createAgentClient(socket).read({ method: 'GET', path: '/v1/status' });
  return answerOf(reading, statusAnswer).catch(() => undefined);
}

async function clear(
  { expired }: ClearOptions,
  { output }: GuardOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const routes = await context.guardRoutes();
  const before = await routes.state();
  const stays = before.state === 'on' && expired === true && before.left > 0;
  if (!stays) await routes.end();
  const cleared = before.state === 'on' && !stays;
  const text = cleared
    ? `took ${counted(before.routes, 'guard route')} and the rules away`
    : stays
      ? 'the guard routes are not over their deadline: they stay'
      : 'no guard routes stand';
  await printResult(context.stdout, output, { cleared }, () => text);
  return 0;
}
