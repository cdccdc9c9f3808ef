/** calico-agent lxd apply and remove: change profiles without a document and without a daemon. */
import type { Command } from 'commander';
import { printableData } from '../../../core/printable.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ByHand } from '../../app/lxd/by-hand.ts';
import { withoutNotes, type Place } from '../../../core/issue.ts';
import type { LxdSettings } from '../../../core/lxd/settings.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { offerAnswer } from '../daemon/answers.ts';
import { describeOutcome } from '../output/apply-outcome.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
import { findLxdAgent, type LxdAgent } from './agent.ts';
import { formatLxd } from './text.ts';
import {
  addYesOption,
  examples,
  gather,
  type SocketOptions,
  type YesOptions,
} from '../../../runtime/cli/options.ts';
import { addSocketOption } from '../daemon/agent-client.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

interface ProfileOptions extends SocketOptions {
  readonly profile?: readonly string[];
}

interface ApplyOptions extends ProfileOptions {
  readonly project: string;
  readonly bpffs?: true;
}

interface RemoveOptions extends ProfileOptions, YesOptions {
  readonly project?: string;
}

const waitSeconds = 120;

export function addLxdApply(lxd: Command, context: CommandContext, toAction: ToAction): void {
  const command = lxd
    .command('apply')
    .summary('give containers the BPF file system of this host')
    .description(
      'Adds a device to LXD profiles, and keeps everything else in them; mounts the BPF file system ' +
        'on this host where it is missing. Running containers get it at once; the output lists those ' +
        'that need a restart. Restarts nothing.',
    )
    .option('--bpffs', 'the BPF file system, /sys/fs/bpf');
  addProfileOption(command, 'a profile, may be given several times (default: default)')
    .option('--project <name>', 'the LXD project of the profiles', 'default')
    .addHelpText(
      'after',
      examples([
        ['to all containers of the profile default', 'calico-agent lxd apply --bpffs'],
        [
          'to all containers of another profile',
          'calico-agent lxd apply --bpffs --profile k8s --project lab',
        ],
      ]),
    )
    .action(toAction((options: ApplyOptions) => apply(options, context)));
}

export function addLxdRemove(lxd: Command, context: CommandContext, toAction: ToAction): void {
  const command = lxd
    .command('remove')
    .summary('take what calico-agent has put into profiles out again')
    .description(
      'Shows what calico-agent has put into LXD profiles; with --yes takes exactly that out again. ' +
        'Running containers lose the mounts at once.',
    );
  addYesOption(
    addProfileOption(command, 'a profile, may be given several times (default: all)'),
    'take it out',
  )
    .option('--project <name>', 'the LXD project of the profiles (default: all)')
    .addHelpText(
      'after',
      examples([
        ['what would the command take out?', 'calico-agent lxd remove'],
        ['everything of ours, in all projects', 'calico-agent lxd remove --yes'],
      ]),
    )
    .action(toAction((options: RemoveOptions) => remove(options, context)));
}

function addProfileOption(command: Command, profile: string): Command {
  return addSocketOption(command.option('--profile <name>', profile, gather));
}

async function apply(options: ApplyOptions, context: CommandContext): Promise<ExitStatus> {
  if (options.bpffs !== true) {
    throw new AppError(
      'usage',
      'cannot change profiles: name what the containers shall get: --bpffs',
    );
  }
  const { parseConfig } = await import('../../../core/config/parse.ts');
  const text = documentFor(options);
  const parsed = parseConfig(text);
  const issues = withoutNotes(parsed.issues);
  if (issues.length > 0) await write(context.stderr, formatIssues([{ name: 'options', issues }]));
  if (!parsed.ok || parsed.model.lxd === undefined) return 2;
  const agent = await findLxdAgent(options.socket);
  if (agent !== undefined) return offer(agent, text, context);
  return changeDirectly({ set: withoutPlaces(parsed.model.lxd) }, context);
}

async function remove(options: RemoveOptions, context: CommandContext): Promise<ExitStatus> {
  const agent = await findLxdAgent(options.socket);
  if (agent?.hasConfiguration === true) throw configurationDecides('remove');
  const { profile: removeFrom = [], project, yes = false } = options;
  const what = { removeFrom, ...(project !== undefined && { project }) };
  return yes ? changeDirectly(what, context) : preview(what, context);
}

async function preview(what: ByHand, context: CommandContext): Promise<ExitStatus> {
  const [{ planChange }, { describePlan }, host] = await Promise.all([
    import('../../app/lxd/by-hand.ts'),
    import('../../../core/plan/describe.ts'),
    context.connectLxd(),
  ]);
  const plan = await planChange(host, what);
  const end = plan.steps.length === 0 ? '' : 'nothing is changed yet: --yes takes it out\n';
  await write(context.stdout, describePlan(plan) + end);
  return 0;
}

async function changeDirectly(what: ByHand, context: CommandContext): Promise<ExitStatus> {
  const [{ changeByHand, seeByHand }, { describePlan }, host] = await Promise.all([
    import('../../app/lxd/by-hand.ts'),
    import('../../../core/plan/describe.ts'),
    context.connectLxd(),
  ]);
  await write(context.stdout, `${describePlan(await changeByHand(host, what))}\n`);
  await write(context.stdout, formatLxd(printableData(await seeByHand(host))));
  return 0;
}

/** The document for these options, as JSON, which is YAML in which any name is quoted safely. */
function documentFor({ profile, project }: ApplyOptions): string {
  const lxd = { project, profiles: profile ?? ['default'], bpffs: true };
  const document = { apiVersion: 'calico-agent/v1', kind: 'NetworkConfig', lxd };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/**
 * The settings without places, because no person has the document that was made from the options.
 */
function withoutPlaces(settings: LxdSettings): LxdSettings {
  const place = { pointer: '' };
  const nowhere = <T extends object>(all: readonly T[]): readonly (T & { place: Place })[] =>
    all.map((one) => ({ ...one, place }));
  return {
    ...settings,
    place,
    profiles: nowhere(settings.profiles),
    profilesOf: nowhere(settings.profilesOf),
    devices: nowhere(settings.devices),
    kernelModules: nowhere(settings.kernelModules),
    config: nowhere(settings.config),
  };
}

async function offer(
  { client, hasConfiguration }: LxdAgent,
  body: string,
  context: CommandContext,
): Promise<ExitStatus> {
  if (hasConfiguration) throw configurationDecides('apply');
  const query = new URLSearchParams({ by: context.by, wait: String(waitSeconds) });
  const offering = client.change({
    method: 'PUT',
    path: `/v1/config?${query.toString()}`,
    body,
    mediaType: 'application/json',
    timeoutMs: (waitSeconds + 10) * 1000,
  });
  const outcome = describeOutcome(await answerOf(offering, offerAnswer), waitSeconds);
  await write(outcome.status === 0 ? context.stdout : context.stderr, `${outcome.text}\n`);
  return outcome.status;
}

function configurationDecides(what: string): AppError {
  return new AppError(
    'usage',
    `cannot ${what}: the agent of this host has a configuration, which decides; change its lxd section and run calico-agent apply`,
  );
}
