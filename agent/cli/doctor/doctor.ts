/** calico-agent doctor: shows faults of this machine, and how to mend them. Needs no daemon. */
import { Option, type Command } from 'commander';
import { within } from '../../../runtime/pacing/within.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import { diagnoseDaemon, inForceOfDaemon, platformOfDaemon } from './daemon.ts';
import { diagnoseDatastore, type DatastoreSeen } from './datastore.ts';
import { diagnoseEnvironment } from './environment.ts';
import { diagnoseGuard } from './guard.ts';
import { diagnoseLxd } from './lxd.ts';
import { diagnoseSettings, filesInHomes } from './settings.ts';
import { diagnoseCloud } from './cloud.ts';
import { diagnoseK3sManifest } from './k3s-manifest.ts';
import { diagnoseMetalLb } from './metallb.ts';
import { diagnoseImages } from './images.ts';
import { diagnosePlatform } from './platform.ts';
import { doctorText } from './text.ts';
import { addOutputOption, examples, type OutputOptions } from '../../../runtime/cli/options.ts';
import { printResult } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ToAction } from '../../../runtime/cli/program.ts';
import type { CommandContext } from '../command-context.ts';

interface DoctorOptions extends OutputOptions {
  readonly config?: string;
  readonly socket?: string;
}

const usual = { stateDirectory: '/var/lib/calico-agent', socket: '/run/calico-agent/agent.sock' };
const deadlineMs = 8000;

export function addDoctor(program: Command, context: CommandContext, toAction: ToAction): void {
  const command = program
    .command('doctor')
    .summary('show what is wrong on this machine, and how to mend it')
    .description(
      'Checks the settings, the daemon, the datastore and this machine: each line is ok, a warning, ' +
        'or failed, with how to mend it. Changes nothing, and works without a running daemon. Run it ' +
        'as root: other users cannot read everything. Exit status 1: something failed.',
    )
    .option('--config <file>', 'agent.yaml (default: /etc/calico-agent/agent.yaml)')
    .addOption(
      new Option('--socket <path>', "the daemon's socket (default: as agent.yaml says)").env(
        'CALICO_AGENT_SOCKET',
      ),
    );
  addOutputOption(command)
    .addHelpText(
      'after',
      examples([
        ['what is wrong?', 'calico-agent doctor'],
        [
          'for a script',
          'calico-agent doctor -o json | jq -r \'.findings[] | select(.result != "ok") | .message\'',
        ],
      ]),
    )
    .action(toAction((options: DoctorOptions) => doctor(options, context)));
}

async function doctor(options: DoctorOptions, context: CommandContext): Promise<ExitStatus> {
  const findings = await examineMachine(options, context);
  const worst = (['failed', 'warning'] as const).find((result) =>
    findings.some((finding) => finding.result === result),
  );
  const report = { result: worst ?? 'ok', findings };
  await printResult(context.stdout, options.output, report, () => doctorText(findings));
  return worst === 'failed' ? 1 : 0;
}

/** Runs all checks of doctor; each check has its deadline. */
export async function examineMachine(
  { config, socket }: Pick<DoctorOptions, 'config' | 'socket'>,
  context: CommandContext,
): Promise<readonly Finding[]> {
  const { findings, settings } = await diagnoseSettings(config, context);
  const { stateDirectory, socket: usedSocket } = settings ?? usual;
  const daemon = diagnoseDaemon(socket ?? usedSocket, settings?.datastore?.driver);
  const datastore = daemon.then(({ status }): Promise<DatastoreSeen> => {
    if (settings === undefined) return Promise.resolve({ findings: [] });
    const node = status?.node ?? settings.agent.node.name;
    return diagnoseDatastore({ config, node, deadlineMs }, context);
  });
  const cluster = Promise.all([daemon, datastore]).then(([{ status }, { observed }]) => ({
    bgpPort: observed?.bgpPort ?? 179,
    ipv6: observed?.ipv6 ?? false,
    ...(observed?.neighbours !== undefined && { neighbours: observed.neighbours }),
    ...(status?.source === undefined ? {} : { source: status.source }),
  }));
  const host = within<readonly Finding[]>(
    context.diagnoseHost({
      stateDirectory,
      cluster,
      roles: settings?.roles ?? ['node'],
      homeFiles: filesInHomes(settings),
      birdSockets: settings?.birdSockets,
    }),
    // These checks wait for the datastore, and then have a deadline of their own.
    2 * deadlineMs,
    () => [{ check: 'this machine', result: 'failed', message: 'checking it takes too long' }],
  );
  const guard = daemon.then(({ status }) =>
    diagnoseGuard(context, deadlineMs, { status, setting: settings?.agent.guard }),
  );
  const lxd =
    settings?.roles?.includes('lxd-host') === true
      ? diagnoseLxd(context, deadlineMs)
      : Promise.resolve([]);
  const platform =
    settings?.roles?.includes('node') === false
      ? Promise.resolve([])
      : diagnosePlatform(context, () => platformOfDaemon(socket ?? usedSocket), deadlineMs);
  const cloud =
    settings?.roles?.includes('node') === false
      ? Promise.resolve([])
      : diagnoseCloud(() => context.connectEc2(settings?.aws), deadlineMs);
  const metalLb =
    settings?.cluster === undefined ? [] : diagnoseMetalLb(context, config, deadlineMs);
  const manifest = daemon.then(({ status }) =>
    diagnoseK3sManifest(context, () => inForceOfDaemon(socket ?? usedSocket, status), deadlineMs),
  );
  const images =
    settings === undefined
      ? Promise.resolve([])
      : diagnoseImages(() => context.connectImages(config), deadlineMs);
  return [
    ...findings,
    ...diagnoseEnvironment(context.environment),
    ...(await daemon).findings,
    ...(await datastore).findings,
    ...(await lxd),
    ...(await guard),
    ...(await platform),
    ...(await images),
    ...(await cloud),
    ...(await metalLb),
    ...(await manifest),
    ...(await host),
  ];
}
