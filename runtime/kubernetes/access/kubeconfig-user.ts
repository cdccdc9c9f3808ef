/** Reads a kubeconfig's user, with its files. */
import path from 'node:path';
import type { KubeconfigExec, KubeconfigUser } from '../../../schemas/generated/kubeconfig.ts';
import { AppError } from '../../errors.ts';
import type { ClientCertificate, ExecPlugin, Identity } from './cluster-access.ts';
import { checkKeyPair } from '../../tls/check-pem.ts';
import { namedFile, pemOf } from './pem.ts';

export interface PlacedUser {
  readonly name: string;
  readonly user: NonNullable<KubeconfigUser>;
  /** The kubeconfig; paths are relative to its folder. */
  readonly file: string;
}

export async function identityOf(
  placed: PlacedUser,
  cluster: Readonly<Record<string, unknown>>,
): Promise<Identity> {
  const { user, file } = placed;
  refuseUnsupported(placed);
  const folder = path.dirname(file);
  const certificate = await certificateOf(placed, folder);
  const exec = execOf(user.exec ?? undefined, folder, cluster);
  return {
    ...(exec !== undefined && { exec }),
    ...tokenFileOf(placed, folder),
    ...(user.token !== undefined && user.token !== '' && { token: user.token }),
    ...(certificate !== undefined && { certificate }),
  };
}

function refuseUnsupported(placed: PlacedUser): void {
  const { user } = placed;
  if (user.username !== undefined || user.password !== undefined) {
    throw unusable(
      placed,
      'it has a username and password, which API servers no longer take; use a token or a client certificate',
    );
  }
  if (user['auth-provider'] !== undefined && user['auth-provider'] !== null) {
    throw unusable(
      placed,
      'it has an auth-provider, which is not supported; use an exec plugin, a token or a client certificate',
    );
  }
  const impersonation = Object.keys(user).find((key) => /^as(?:-|$)/.test(key));
  if (impersonation !== undefined) {
    throw unusable(
      placed,
      `it impersonates another user ("${impersonation}"), which is not supported; use a user that has the rights itself`,
    );
  }
  if (user.exec?.interactiveMode === 'Always') {
    throw unusable(
      placed,
      'its exec plugin asks a person (interactiveMode: Always), and there is none; use a token or a client certificate',
    );
  }
}

function tokenFileOf(
  placed: PlacedUser,
  folder: string,
): Pick<Identity, 'tokenFile' | 'tokenPlace'> {
  const { tokenFile } = placed.user;
  if (tokenFile === undefined) return {};
  const { whole, place, origin } = namedFile(
    { field: 'tokenFile', whose: whoseOf(placed) },
    tokenFile,
    folder,
  );
  return { tokenFile: whole, tokenPlace: `${place}${origin}` };
}

function whoseOf({ name, file }: Omit<PlacedUser, 'user'>): string {
  return `the user "${name}" of the kubeconfig "${file}"`;
}

async function certificateOf(
  placed: PlacedUser,
  folder: string,
): Promise<ClientCertificate | undefined> {
  const { user } = placed;
  const whose = whoseOf(placed);
  const [certificate, key] = await Promise.all([
    pemOf(
      { field: 'client-certificate', whose },
      user['client-certificate-data'],
      user['client-certificate'],
      folder,
    ),
    pemOf({ field: 'client-key', whose }, user['client-key-data'], user['client-key'], folder),
  ]);
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate !== undefined && key !== undefined) {
    checkKeyPair(certificate, key);
    return { certificate: certificate.pem, key: key.pem };
  }
  const missing = certificate === undefined ? 'client-certificate' : 'client-key';
  throw unusable(placed, `its ${missing} is missing: a certificate and its key belong together`);
}

/**
 * The plugin. A command with a slash is relative to the kubeconfig. Source: client-go
 * clientcmd/loader.go.
 */
function execOf(
  exec: NonNullable<KubeconfigExec> | undefined,
  folder: string,
  cluster: Readonly<Record<string, unknown>>,
): ExecPlugin | undefined {
  if (exec === undefined) return undefined;
  const { apiVersion, command, args, env, installHint, provideClusterInfo } = exec;
  return {
    apiVersion,
    command: command.includes('/') ? path.resolve(folder, command) : command,
    args: args ?? [],
    env: Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
    ...(installHint !== undefined && { installHint }),
    ...(provideClusterInfo === true && { cluster }),
  };
}

function unusable(placed: PlacedUser, reason: string): AppError {
  return new AppError('invalid-settings', `cannot use ${whoseOf(placed)}: ${reason}`);
}
