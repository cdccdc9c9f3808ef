/** calico-agent metallb install: how to install MetalLB for a configuration. */
import { Option, type Command } from 'commander';
import { hasErrors } from '../../../core/issue.ts';
import { printableData } from '../../../core/printable.ts';
import { shellWord } from '../../../core/shell-word.ts';
import { AppError } from '../../../runtime/errors.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
import {
  addYesOption,
  configArgument,
  examples,
  type YesOptions,
} from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { addLiveOptions, liveChoice, type LiveOptions } from '../input/live-options.ts';
import { liveIssues, readLiving } from './living.ts';

interface InstallOptions extends LiveOptions, YesOptions {
  readonly k3sManifest?: true;
  readonly writeK3sManifest?: true;
}

export function addInstall(metallb: Command, context: CommandContext, toAction: ToAction): void {
  const command = metallb
    .command('install')
    .summary('print how to install MetalLB for a configuration')
    .description(
      'Prints the commands that install MetalLB with Helm, with the values that the configuration needs: no ' +
        'speakers where Calico announces the addresses, and no FRR for layer 2. On K3s it can be a manifest in ' +
        "place of the commands: K3s' own Helm controller installs it. With --write-k3s-manifest the command looks " +
        'on this machine, which has to be a K3s server, and with --yes it writes the manifest there, as root. ' +
        'It replaces a file of an earlier configuration, and never one that somebody wrote or edited.',
    )
    .argument('<config>', configArgument)
    .option('--k3s-manifest', 'print a HelmChart for the folder server/manifests of a K3s server')
    .addOption(
      new Option(
        '--write-k3s-manifest',
        'show what would be written into server/manifests of this K3s server; with --yes write it',
      ).conflicts(['k3sManifest', 'live', 'kubeconfig', 'context']),
    );
  addYesOption(command, 'write the manifest');
  addLiveOptions(command, 'look at the cluster: is MetalLB there, and which Services wait?')
    .addHelpText(
      'after',
      examples([
        ['the commands', 'calico-agent metallb install config.yaml'],
        ['is it there, and what waits?', 'calico-agent metallb install config.yaml --live'],
        [
          'on a K3s server',
          'sudo calico-agent metallb install config.yaml --write-k3s-manifest --yes',
        ],
      ]),
    )
    .action(
      toAction((config: string, options: InstallOptions) => install(config, options, context)),
    );
}

async function install(
  path: string,
  options: InstallOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  if (options.yes === true && options.writeK3sManifest !== true) {
    throw new AppError('usage', '--yes belongs to --write-k3s-manifest: give both');
  }
  const [{ inputsOf, readFleetInput }, { installSteps }, { manifestText }, { stepsText }] =
    await Promise.all([
      import('../input/fleet-input.ts'),
      import('../../../core/metallb/install/install-steps.ts'),
      import('../../../core/metallb/install/manifest-text.ts'),
      import('./text.ts'),
    ]);
  const input = await readFleetInput(path, {}, context);
  await write(context.stderr, formatIssues(inputsOf(input)));
  const { model } = input;
  if (model === undefined || hasErrors(input.config.issues)) return 2;
  const { metallb, platform } = model;
  if (metallb === undefined) {
    throw new AppError(
      'usage',
      `cannot print how to install MetalLB: ${input.config.name} has no section metallb`,
    );
  }
  const isManifest = options.k3sManifest === true || options.writeK3sManifest === true;
  if (isManifest && platform?.kind !== 'k3s') {
    throw new AppError(
      'usage',
      `cannot make a manifest of K3s: ${input.config.name} has no platform: k3s; without the option the command prints the commands`,
    );
  }
  const installed = { metallb, ...(platform !== undefined && { platform }) };
  const file = input.config.name === 'stdin' ? 'CONFIG' : shellWord(input.config.name);
  const text = isManifest
    ? manifestText(installed)
    : `${stepsText(installSteps(installed, file, options))}\n`;
  if (options.writeK3sManifest === true) {
    const { manifestCommand } = await import('./write-manifest.ts');
    return manifestCommand({ text, metallb, yes: options.yes === true }, context);
  }
  const choice = liveChoice(options);
  const living = choice === undefined ? undefined : await readLiving(choice, context);
  const hint = isManifest
    ? 'put the manifest that is printed here into the folder server/manifests of a K3s server'
    : 'run the commands that are printed here';
  const found = await liveIssues(metallb, living, hint);
  await write(context.stderr, formatIssues([{ name: input.config.name, issues: found }]));
  if (living === undefined) {
    await write(context.stdout, text);
    return 0;
  }
  const [{ waitingServices }, { livingText }] = await Promise.all([
    import('../../../core/metallb/living/waiting-services.ts'),
    import('./text.ts'),
  ]);
  const waiting = waitingServices(living, { metallb, bgp: model.bgp, groups: model.groups });
  await write(context.stdout, livingText(living, metallb, printableData(waiting), text));
  return hasErrors(found) ? 2 : 0;
}
