/**
 * Which cluster and which user the kubeconfigs say, with their files read. Several files are
 * merged as kubectl does: what is named first wins. Source: client-go/tools/clientcmd/loader.go.
 */
import path from 'node:path';
import type { Kubeconfig, KubeconfigCluster } from '../../schemas/generated/kubeconfig.ts';
import { AppError } from '../errors.ts';
import { readTextFile } from '../read-text-file.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { identityOf, type PlacedUser } from './kubeconfig-user.ts';
import { pemOf } from './pem.ts';
import { parseKubeconfig } from './parse-kubeconfig.ts';

const maxBytes = 1024 * 1024;

interface ReadFile {
  readonly file: string;
  readonly config: Kubeconfig;
}

/** @throws AppError that says what is missing, or is not supported */
export async function readKubeconfigs(
  files: readonly string[],
  wantedContext: string | undefined,
): Promise<ClusterAccess> {
  const read = (await Promise.all(files.map(readFile))).filter((one) => one !== undefined);
  if (read.length === 0) throw unusable(files, 'no such file');
  const contextName = wantedContext ?? currentContext(read);
  if (contextName === undefined) {
    throw unusable(files, 'it has no current-context; name one in datastore.context');
  }
  const context = find(read, ({ contexts }) => contexts, contextName)?.entry.context;
  if (context === undefined) throw unusable(files, `it has no context "${contextName}"`);
  const cluster = find(read, ({ clusters }) => clusters, context.cluster);
  if (cluster === undefined) throw unusable(files, `it has no cluster "${context.cluster}"`);
  const user = context.user === undefined ? undefined : userOf(read, files, context.user);
  return accessOf(
    { ...cluster.entry.cluster, folder: path.dirname(cluster.file) },
    user,
    `kubeconfig "${cluster.file}", context "${contextName}"`,
  );
}

async function readFile(file: string): Promise<ReadFile | undefined> {
  const text = await readTextFile(file, maxBytes);
  return text === undefined ? undefined : { file, config: await parseKubeconfig(file, text) };
}

function currentContext(read: readonly ReadFile[]): string | undefined {
  return read.map(({ config }) => config['current-context'] ?? '').find((name) => name !== '');
}

function find<T extends { readonly name: string }>(
  read: readonly ReadFile[],
  list: (config: Kubeconfig) => readonly T[] | null | undefined,
  name: string,
): { readonly entry: T; readonly file: string } | undefined {
  for (const { file, config } of read) {
    const entry = list(config)?.find((one) => one.name === name);
    if (entry !== undefined) return { entry, file };
  }
  return undefined;
}

function userOf(read: readonly ReadFile[], files: readonly string[], name: string): PlacedUser {
  const found = find(read, ({ users }) => users, name);
  if (found === undefined) throw unusable(files, `it has no user "${name}"`);
  return { name, user: found.entry.user ?? {}, file: found.file };
}

async function accessOf(
  cluster: KubeconfigCluster & { readonly folder: string },
  user: PlacedUser | undefined,
  source: string,
): Promise<ClusterAccess> {
  if (cluster['proxy-url'] !== undefined && cluster['proxy-url'] !== '') {
    throw new AppError(
      'invalid-settings',
      `cannot use the ${source}: it has a proxy-url, which is not supported; reach the API server without a proxy`,
    );
  }
  const server = cluster.server.replace(/\/+$/u, '');
  const ca = await pemOf(
    cluster['certificate-authority-data'],
    cluster['certificate-authority'],
    cluster.folder,
  );
  const serverName = cluster['tls-server-name'];
  const insecure = cluster['insecure-skip-tls-verify'] ?? false;
  const told = {
    server,
    ...(cluster['certificate-authority-data'] !== undefined && {
      'certificate-authority-data': cluster['certificate-authority-data'],
    }),
    ...(serverName !== undefined && { 'tls-server-name': serverName }),
    'insecure-skip-tls-verify': insecure,
  };
  return {
    server,
    source,
    insecure,
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { serverName }),
    identity: user === undefined ? {} : await identityOf(user, told),
  };
}

function unusable(files: readonly string[], reason: string): AppError {
  return new AppError(
    'invalid-settings',
    `cannot use the kubeconfig "${files.join(path.delimiter)}": ${reason}`,
  );
}
