/**
 * The options that let every command use a controller on another machine. They stand before the
 * command, and their address takes the place of the socket.
 */
import { Option, type Command } from 'commander';
import type { RemoteServer } from '../../../runtime/http/remote/https-client.ts';

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
    .hook('preAction', (_program, command) => {
      const { server, ...given }: { readonly server?: string } & Files = program.opts();
      // serve has a socket of its own, on which it listens.
      if (server === undefined || command.name() === 'serve') return;
      // A socket that the person names wins over the environment.
      if (command.getOptionValueSource('socket') !== 'default') return;
      command.setOptionValue('socket', addressOf({ ...given, url: server }));
    });
}

function option(flags: string, what: string, variable: string): Option {
  return new Option(flags, what).env(`CALICO_CONTROLLER_${variable}`);
}

/** The address as one text: the URL, with the names of the files behind #. */
function addressOf({ url, ...named }: RemoteServer): string {
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
