/**
 * The options that let every command use a controller on another machine. They stand before the
 * command, and their address takes the place of the socket.
 */
import { Option, type Command } from 'commander';
import { printable } from '../../../core/printable.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import { refusePassword, type RemoteServer } from '../../../runtime/http/remote/https-client.ts';

const files = {
  tokenFile: 'token-file',
  caFile: 'ca-file',
  certFile: 'cert-file',
  keyFile: 'key-file',
} as const;

type Files = Omit<RemoteServer, 'url'>;

export function addRemoteOptions(program: Command): void {
  program
    // An option behind the command is one of the command, as --token-file of serve.
    .enablePositionalOptions()
    .addOption(
      option('--server <url>', 'the controller on another machine: https://HOST:PORT', 'SERVER'),
    )
    .addOption(option('--token-file <file>', 'with --server: your token', 'TOKEN_FILE'))
    .addOption(
      option(
        '--ca-file <file>',
        "with --server: the authority of the controller's certificate",
        'CA_FILE',
      ),
    )
    .addOption(option('--cert-file <file>', 'with --server: your certificate', 'CERT_FILE'))
    .addOption(
      option('--key-file <file>', 'with --server: the key of your certificate', 'KEY_FILE'),
    )
    .addOption(option('--cluster <name>', clusterText, 'CLUSTER'))
    .hook('preAction', (_program, command) => {
      takeCluster(program, command);
      // serve has a socket of its own, on which it listens.
      if (command.name() === 'serve') return;
      const { server, cluster: before, ...given }: GivenBefore = program.opts();
      const { socket, cluster = before }: GivenBehind = command.opts();
      if (socket === undefined) return;
      // A socket that the person names wins over the environment.
      const isRemote = server !== undefined && command.getOptionValueSource('socket') === 'default';
      const place = isRemote ? addressOf({ ...given, url: server }) : socket;
      command.setOptionValue('socket', cluster === undefined ? place : inCluster(place, cluster));
    });
}

/** The option before the command, for a command that works without a controller on a cluster. */
function takeCluster(program: Command, command: Command): void {
  const before: unknown = program.getOptionValue('cluster');
  const source = program.getOptionValueSource('cluster');
  const own = command.options.find((one) => one.attributeName() === 'cluster');
  if (typeof before !== 'string' || own?.parseArg === undefined) return;
  if (command.getOptionValueSource('cluster') === 'cli') return;
  // A variable that a shell still has must not choose what is made, moved or served here.
  if (source !== 'cli') return;
  try {
    command.setOptionValueWithSource('cluster', own.parseArg(before, undefined), source);
  } catch (error) {
    const message = `cannot use the cluster "${printable(before)}": ${reasonOf(error)}`;
    throw new AppError('usage', message);
  }
}

type GivenBefore = { readonly server?: string; readonly cluster?: string } & Files;

interface GivenBehind {
  readonly socket?: string;
  readonly cluster?: string;
}

const clusterText = 'the cluster, where the controller serves several';

/** The same option behind the command, where most people write it. */
export function addClusterOption(command: Command): Command {
  return command.option('--cluster <name>', `${clusterText} (env: CALICO_CONTROLLER_CLUSTER)`);
}

/** The address of a cluster as one text: `cluster:NAME PLACE`. The name is encoded, so it has no space. */
function inCluster(place: string, cluster: string): string {
  return `cluster:${encodeURIComponent(cluster)} ${place}`;
}

/** The cluster of an address, and the place of its controller. */
export function clusterIn(address: string): {
  readonly cluster: string | undefined;
  readonly place: string;
} {
  const [, name, place] = /^cluster:(\S*) (.*)$/s.exec(address) ?? [];
  if (name === undefined || place === undefined) return { cluster: undefined, place: address };
  return { cluster: decodeURIComponent(name), place };
}

function option(flags: string, what: string, variable: string): Option {
  return new Option(flags, what).env(`CALICO_CONTROLLER_${variable}`);
}

/** The address as one text: the URL, with the names of the files behind #. */
function addressOf({ url, ...named }: RemoteServer): string {
  // Here it is whole: behind a # of the password it would be taken for the files.
  refusePassword(url);
  const query = new URLSearchParams();
  for (const name of ['tokenFile', 'caFile', 'certFile', 'keyFile'] as const) {
    const file = named[name];
    if (file !== undefined) query.set(files[name], file);
  }
  return `${url}#${query.toString()}`;
}

/** The server of an address; undefined: it is the path of a socket. */
export function serverIn(address: string): RemoteServer | undefined {
  const [, url, fragment] = /^([a-z]+:\/\/[^#]*)(?:#(.*))?$/s.exec(address) ?? [];
  if (url === undefined) return undefined;
  const query = new URLSearchParams(fragment);
  const file = (key: string): string | undefined => query.get(key) ?? undefined;
  const [tokenFile, caFile] = [file(files.tokenFile), file(files.caFile)];
  const [certFile, keyFile] = [file(files.certFile), file(files.keyFile)];
  return {
    url,
    ...(tokenFile !== undefined && { tokenFile }),
    ...(caFile !== undefined && { caFile }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
  };
}
