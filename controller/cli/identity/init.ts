/** calico-controller init: an authority of our own, the settings for it, and a first token. */
import { InvalidArgumentError } from 'commander';
import { isIP } from 'node:net';
import path from 'node:path';
import { documentHint } from '../../../core/document-hint.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import { examples, gather } from '../../../runtime/cli/options.ts';
import { write } from '../../../runtime/cli/print.ts';
import { parseHostPort } from '../../../runtime/network/host-port.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import type {
  AddControllerCommand,
  CommandContext,
  InitializedAuthority,
  InitTools,
} from '../command-context.ts';
import { etcdOf, readControllerConfig, usualConfigFile } from '../controller-config.ts';
import { hasClusters } from '../serve/clusters-of-config.ts';
import { parseCluster } from '../serve/parse-cluster.ts';
import { isOfOne, wantedCluster, type WantedAuthority } from './wanted-cluster.ts';
import { newTokenText } from './new-token-text.ts';

interface InitOptions {
  readonly cluster: string;
  readonly name?: readonly string[];
  readonly port?: number;
  readonly listen?: string;
  readonly stateDirectory: string;
  readonly config?: string;
}

const daySeconds = 86_400;

export const addInit: AddControllerCommand = (program, context, toAction) => {
  program
    .command('init')
    .summary('make an authority for the certificates of nodes, and a first token')
    .description(
      'Makes an authority in the state directory, the certificate of the controller, and an ' +
        'enrolment token, and writes the authority into the settings. An authority that is there ' +
        'stays: a run that was interrupted before it wrote the settings or made the token is ' +
        'completed, and everything else is refused. Run it as root, while the controller is stopped.',
    )
    .option('--cluster <name>', 'the cluster of the nodes', parseCluster, 'default')
    .option(
      '--name <name>',
      'a DNS name or an address under which agents reach the controller; may be repeated (default: ' +
        'those of this machine)',
      gather,
    )
    .option(
      '--port <number>',
      'the port that agents use, for the command that is shown (default: 7843, or that of --listen)',
      parsePort,
    )
    .option(
      '--listen <address>',
      'adds the cluster to those of the settings: where its agents connect, HOST:PORT',
      parseListen,
    )
    .option(
      '--state-directory <folder>',
      'where the controller keeps its state',
      '/var/lib/calico-controller',
    )
    .option('--config <file>', `the settings that are extended (default: "${usualConfigFile}")`)
    .addHelpText(
      'after',
      examples([
        [
          'for a controller with a name and an address',
          'calico-controller init --name controller.example.org --name 10.0.0.10',
        ],
        [
          'one of several clusters',
          'calico-controller init --cluster east --listen 10.0.0.10:7843',
        ],
      ]),
    )
    .action(toAction((options: InitOptions) => init(options, context)));
};

async function init(options: InitOptions, context: CommandContext): Promise<ExitStatus> {
  const { stdout, initTools } = context;
  const file = options.config ?? usualConfigFile;
  const before = await readBefore(options.config);
  const wanted = wantedOf(options, before, file);
  const { folder, isListed, place } = wanted;
  const tools = await initTools();
  const standing =
    wanted.isFirst === true && (await tools.stateIn(options.stateDirectory, etcdOf(before)));
  if (typeof standing === 'string') throw isOfOne(wanted.place.cluster, standing);
  const names = (options.name ?? tools.ownNames()).map((name) => checkedName(name));
  const { cluster, stateDirectory } = place;
  const authority = await tools.initAuthority({ stateDirectory, folder, cluster, names });
  const made = { authority, tools, port: options.port };
  if (authority.made.length === 0 && isListed) {
    await completeRun(wanted, made, context);
    return 0;
  }
  await write(stdout, `${authorityText(authority, folder)}\n`);
  if (!isListed) await write(stdout, await wanted.extend());
  await makeToken(wanted, made, context);
  return 0;
}

/** The authority to make, and where it is written down. */
function wantedOf(
  { cluster, listen, stateDirectory, port = 7843 }: InitOptions,
  before: ControllerConfig,
  file: string,
): WantedAuthority {
  if (hasClusters(before) || listen !== undefined) {
    return wantedCluster({ cluster, listen, stateDirectory }, before, file);
  }
  const folder = path.resolve(before.authority?.folder ?? path.join(stateDirectory, 'authority'));
  refuseOtherAuthority(before, file);
  const etcd = etcdOf(before);
  return {
    folder,
    isListed: before.authority !== undefined,
    isForServer: before.tls?.certFile === undefined,
    port,
    place: { stateDirectory, cluster, ...(etcd !== undefined && { etcd }) },
    extend: async () =>
      (await import('./extend-config.ts')).extendConfig(file, { kind: 'one', folder }),
  };
}

interface Made {
  readonly authority: InitializedAuthority;
  readonly tools: InitTools;
  readonly port: number | undefined;
}

/** An earlier run may have been interrupted before it made the token. @throws AppError */
async function completeRun(
  wanted: WantedAuthority,
  made: Made,
  { by, stdout }: CommandContext,
): Promise<void> {
  const { folder, place } = wanted;
  // The settings name the authority, and the command line the store: they have to belong together.
  const isOfStore = folder === path.resolve(place.stateDirectory, 'authority');
  if (!isOfStore || !made.authority.isOfCluster) throw isComplete(folder);
  const text = await firstTokenText(wanted, made, { by, inUse: 'refuse' }).catch(
    (error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      if (isInUse(error)) throw isComplete(folder);
      const { code, retryable } = error;
      const message = `no token was made: ${reasonOf(error)}`;
      throw new AppError(code, message, { retryable, cause: error });
    },
  );
  await write(stdout, `${authorityText(made.authority, folder)}\n\n${text}\n`);
}

/** The store has tokens or nodes, or a controller uses it. */
function isInUse({ code, retryable }: AppError): boolean {
  return code === 'usage' || code === 'already-running' || (code === 'not-ready' && retryable);
}

async function firstTokenText(
  { place, isForServer, port: usualPort }: WantedAuthority,
  { authority, tools, port = usualPort }: Made,
  { by, inUse }: { readonly by: string; readonly inUse: 'refuse' | 'add' },
): Promise<string> {
  const wanted = { uses: 1, expiresInSeconds: daySeconds, nodes: [], by, inUse };
  const { token, text } = await tools.firstToken(place, wanted);
  const url = `wss://${urlHost(authority.names[0] ?? 'CONTROLLER')}:${String(port)}`;
  const { cluster } = place;
  const made = { token, text, ...(isForServer && { caDigest: authority.digest }), url, cluster };
  return newTokenText(made);
}

async function makeToken(
  wanted: WantedAuthority,
  made: Made,
  { by, stdout }: CommandContext,
): Promise<void> {
  const { place, isFirst } = wanted;
  try {
    const text = await firstTokenText(wanted, made, { by, inUse: 'add' });
    await write(stdout, `\n${text}\n`);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Where several controllers share a store, only the one that leads may write to it.
    const isLed = place.etcd !== undefined && error.code === 'not-ready' && error.retryable;
    const where = isLed
      ? 'On the machine of that controller'
      : 'Start or restart the controller, and';
    const named = isFirst === undefined ? '' : ` --cluster ${place.cluster}`;
    await write(
      stdout,
      `\nno token was made: ${reasonOf(error)}\n${where} make one with: calico-controller${named} token create\n`,
    );
  }
}

/** The named file need not exist: it is made. */
async function readBefore(config: string | undefined): Promise<ControllerConfig> {
  try {
    return await readControllerConfig(config);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not-found') throw error;
    return { apiVersion: 'calico-agent/v1', kind: 'ControllerConfig' };
  }
}

function refuseOtherAuthority({ tls, authority }: ControllerConfig, file: string): void {
  if (authority !== undefined) return;
  if (tls?.clientCaFile !== undefined) {
    throw new AppError(
      'usage',
      `cannot make an authority: "${file}" names one of another program (tls.clientCaFile); to change from it add authority.folder by hand and run this again; the steps after that: ${documentHint('identities.md')}`,
    );
  }
  if (tls?.certFile === undefined) return;
  throw new AppError(
    'usage',
    `cannot make an authority: "${file}" names a certificate of another authority for the controller (tls.certFile), which nodes would not recognise; remove tls.certFile and tls.keyFile, or add authority.folder by hand and run this again`,
  );
}

function isComplete(folder: string): AppError {
  return new AppError(
    'usage',
    `cannot make an authority: there is one in "${folder}", and nothing was changed; while the controller runs, calico-controller token create makes a token`,
  );
}

function authorityText({ made, digest, names }: InitializedAuthority, folder: string): string {
  const files = made.map((file) => path.basename(file)).join(', ');
  return [
    made.length === 0 ? `found the authority in ${folder}` : `made ${files} in ${folder}`,
    `authority    ${digest}`,
    `controller   ${names.join(', ')}`,
  ].join('\n');
}

/** @throws AppError usage */
function checkedName(name: string): string {
  if (isIP(name) !== 0 || isDnsName(name)) return name.toLowerCase();
  throw new AppError(
    'usage',
    `"${name.slice(0, 100)}" is neither a DNS name nor an address: give one with --name`,
  );
}

/** RFC 1123. A last label of digits only would be read as part of an IPv4 address. */
function isDnsName(name: string): boolean {
  const labels = name.split('.');
  const isLabel = (label: string): boolean =>
    /^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$/.test(label);
  return name.length <= 253 && labels.every(isLabel) && !/^\d+$/.test(labels.at(-1) ?? '');
}

function urlHost(name: string): string {
  return isIP(name) === 6 ? `[${name}]` : name;
}

/** Agents have to know the port, so port 0 is none. */
function parseListen(text: string): string {
  if ((parseHostPort(text)?.port ?? 0) > 0) return text;
  throw new InvalidArgumentError('Write HOST:PORT or [IPV6]:PORT, with a port from 1 to 65535.');
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65_536) return port;
  throw new InvalidArgumentError('It is a number from 1 to 65535.');
}
