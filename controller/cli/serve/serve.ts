/** calico-controller serve: the daemon, with its settings as options. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { examples } from '../../../runtime/cli/options.ts';
import { AppError } from '../../../runtime/errors.ts';
import { loopbackPort } from '../../../runtime/network/loopback-port.ts';
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import type { ControllerSettings, ServeSettings } from '../../settings.ts';
import type { AddControllerCommand } from '../command-context.ts';
import { hasClusters } from './clusters-of-config.ts';
import {
  configOptionText,
  etcdOf,
  readControllerFile,
  usualConfigFile,
} from '../controller-config.ts';
import { parseCluster } from './parse-cluster.ts';
import { advertiseOf, requireAdvertisable } from './serve-advertise.ts';
import { credentialsOf, type CredentialOptions } from './serve-credentials.ts';
import { peopleOf } from './serve-people.ts';
import { gatherFaults, refuseFaults } from './setting-faults.ts';
import { addPlainSocketOption } from '../controller-client.ts';

interface ServeOptions {
  readonly tokenFile?: string;
  readonly config?: string;
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly plaintextBeyondLoopback: boolean;
  readonly cluster: string;
  readonly stateDirectory: string;
  readonly socket: string;
  readonly forgetAfter: number;
  readonly metricsListen?: string;
  readonly source?: string;
  readonly sourceFile?: string;
  readonly sourcePush: boolean;
  readonly sourceStrategy?: string;
  readonly logLevel: NonNullable<ServeSettings['log']['level']>;
  readonly logFormat: NonNullable<ServeSettings['log']['format']>;
}

export const addServe: AddControllerCommand = (program, context, toAction) => {
  const command = program
    .command('serve')
    .summary('run the controller')
    .description(
      'Runs the controller in the foreground, until SIGTERM or SIGINT; SIGHUP reads the token and ' +
        'the certificates again.',
    )
    .option(
      '--token-file <file>',
      'file with the shared secret that agents present, at least 16 characters; not needed with ' +
        'sharedToken: refused in the settings',
    )
    .option('--config <file>', configOptionText)
    .option('--listen <address>', 'where agents connect, HOST:PORT', '127.0.0.1:7843')
    .option('--tls-cert <file>', 'certificate, PEM')
    .option('--tls-key <file>', 'private key of the certificate, PEM')
    .option('--plaintext-beyond-loopback', 'listen on a network without TLS', false)
    .option('--cluster <name>', 'the cluster whose agents may connect', parseCluster, 'default')
    .option(
      '--state-directory <folder>',
      'where the controller keeps its state',
      '/var/lib/calico-controller',
    )
    .option(
      '--forget-after <days>',
      'forget nodes that are away for longer; 0 keeps them',
      parseDays,
      30,
    )
    .option(
      '--metrics-listen <address>',
      'serve metrics for Prometheus there, on the loopback interface: 127.0.0.1:9470',
      parseLoopbackPort,
    )
    .option(
      '--source <folder>',
      'follow a file in this folder, which git or another program updates',
    )
    .option(
      '--source-file <path>',
      'the file below --source; {cluster} stands for the cluster\'s name (default: "{cluster}.yaml")',
    )
    .option(
      '--source-strategy <file>',
      'the RolloutStrategy of what is new in the file: it comes to the nodes wave by wave, or is proposed with it',
    )
    .option(
      '--source-push',
      'push what is new in the file, or start its rollout; otherwise a person does',
      false,
    )
    .addOption(
      choice(
        '--log-level <level>',
        'the least important lines',
        ['error', 'warn', 'info', 'debug'],
        'info',
      ),
    )
    .addOption(choice('--log-format <format>', 'the form of the lines', ['text', 'json'], 'text'));
  addPlainSocketOption(command)
    .addHelpText('after', examples(serveExamples))
    .action(
      toAction(async (options: ServeOptions, used: Command) => {
        const given = (name: string): boolean => used.getOptionValueSource(name) === 'cli';
        const read = (): Promise<ServeSettings> => settingsOf(options, given);
        return context.serve(await read(), read);
      }),
    );
};

const serveExamples = [
  ['make a token', '(umask 077; head -c 32 /dev/urandom | base64 -w 0 > token)'],
  [
    'on this machine only, with files of your own',
    'calico-controller serve --token-file token --state-directory ./state --socket ./controller.sock',
  ],
  [
    'with the configuration in a working tree of git',
    'calico-controller serve --token-file token --source /srv/network --source-push',
  ],
  [
    'for agents on other machines',
    'calico-controller serve --token-file /etc/calico-controller/token \\\n' +
      '    --listen 10.0.0.10:7843 --tls-cert cert.pem --tls-key key.pem',
  ],
] as const;

/**
 * @param given whether the person gave the option
 * @throws AppError usage, invalid-settings
 */
async function settingsOf(
  options: ServeOptions,
  given: (name: string) => boolean,
): Promise<ServeSettings> {
  const { config: file, logLevel, logFormat, forgetAfter, ...named } = options;
  const { tokenFile, tlsCert, tlsKey, ...rest } = named;
  const { source: folder, sourceFile, sourcePush, sourceStrategy, ...others } = rest;
  const log = { level: logLevel, format: logFormat };
  const isOfSource = sourcePush || [sourceFile, sourceStrategy].some((one) => one !== undefined);
  if (folder === undefined && isOfSource) {
    throw new AppError('usage', 'cannot follow a file: --source FOLDER is missing');
  }
  const source =
    folder === undefined
      ? undefined
      : {
          folder,
          pattern: sourceFile ?? '{cluster}.yaml',
          pushes: sourcePush,
          ...(sourceStrategy !== undefined && { strategyFile: sourceStrategy }),
        };
  const { config, judged } = await readControllerFile(file);
  if (hasClusters(config)) {
    refuseOptionsOfOne(given);
    const { severalOf } = await import('./serve-clusters.ts');
    const defaults = { ...others, forgetAfterDays: forgetAfter, ...(source && { source }) };
    return { ...judged(() => severalOf(config, defaults)), log };
  }
  if (config.approvals !== undefined && sourcePush) {
    throw new AppError(
      'invalid-settings',
      `cannot push what is new in the source: "${file ?? usualConfigFile}" wants approvals; leave --source-push or approvals out`,
    );
  }
  return {
    ...others,
    ...judged(() => settingsInFile({ tokenFile, tlsCert, tlsKey }, config)),
    ...(source !== undefined && { source }),
    forgetAfterDays: forgetAfter,
    log,
  };
}

/** @throws AppError usage, invalid-settings with all issues at once */
function settingsInFile(options: CredentialOptions, config: ControllerConfig): SettingsInFile {
  const etcd = etcdOf(config);
  const { issues, tried } = gatherFaults();
  const credentials = tried(() => credentialsOf(options, config));
  // Without the credentials it is not known whether the API has a certificate.
  const people = tried(() => peopleOf(config, credentials ? credentials.tls : unknownPair));
  tried(() => requireAdvertisable('api.advertise', config.api?.advertise, etcd !== undefined));
  const advertise = tried(() => advertiseOf(config));
  refuseFaults(issues);
  return { ...credentials, ...people, ...advertise, ...(etcd !== undefined && { etcd }) };
}

type SettingsInFile = Pick<
  ControllerSettings,
  'tokenFile' | 'tls' | 'authority' | 'api' | 'people' | 'approvals' | 'advertise' | 'etcd'
>;
const unknownPair = { certFile: '', keyFile: '' };

/** The unit gives --token-file always, so it may be there. */
const ofOneCluster = { listen: '--listen', tlsCert: '--tls-cert', tlsKey: '--tls-key' } as const;

/** @throws AppError usage */
function refuseOptionsOfOne(given: (name: string) => boolean): void {
  const wrong = Object.entries({ ...ofOneCluster, cluster: '--cluster' })
    .filter(([name]) => given(name))
    .map(([, flag]) => flag);
  if (wrong.length === 0) return;
  throw new AppError(
    'usage',
    `cannot use ${wrong.join(', ')}: controller.yaml lists clusters, and each has its own there; leave the options out`,
  );
}

function choice(flags: string, what: string, choices: readonly string[], preset: string): Option {
  return new Option(flags, what).choices(choices).default(preset);
}

function parseLoopbackPort(text: string): string {
  const address = loopbackPort(text);
  if (typeof address !== 'string') return text;
  throw new InvalidArgumentError(`${address.charAt(0).toUpperCase()}${address.slice(1)}.`);
}

function parseDays(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number of days from 0 to 99999.');
}
