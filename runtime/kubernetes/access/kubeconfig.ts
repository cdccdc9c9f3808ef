/**
 * Reads the cluster and the user of kubeconfigs, with their files. Merges several files as kubectl
 * does: the first one wins. Source: client-go/tools/clientcmd/loader.go.
 */
import path from 'node:path';
import type { Located } from '../../../core/config/yaml/located.ts';
import { fieldsOf, textOf } from '../../../core/config/yaml/read-values.ts';
import { printable } from '../../../core/printable.ts';
import type { Kubeconfig, KubeconfigCluster } from '../../../schemas/generated/kubeconfig.ts';
import { AppError } from '../../errors.ts';
import { readTextFile } from '../../files/read-text-file.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { identityOf, type PlacedUser } from './kubeconfig-user.ts';
import { checkCertificates } from '../../tls/check-pem.ts';
import { pemOf } from './pem.ts';
import {
  entryNamed,
  locateKubeconfig,
  namesIn,
  usedParts,
  type LocatedKubeconfig,
  type Section,
} from './parse-kubeconfig.ts';

const maxBytes = 1024 * 1024;
const shownNames = 5;

/** @throws AppError that names the missing or unsupported part */
export async function readKubeconfigs(
  files: readonly string[],
  wantedContext: string | undefined,
): Promise<ClusterAccess> {
  const texts = await Promise.all(files.map((file) => readTextFile(file, maxBytes)));
  const read: LocatedKubeconfig[] = [];
  for (const [index, file] of files.entries()) {
    const text = texts[index];
    const located = text === undefined ? undefined : await locateKubeconfig(file, text);
    if (located !== undefined) read.push(located);
  }
  if (texts.every((text) => text === undefined)) throw unusable(files, 'no such file');
  if (read.length === 0) throw unusable(files, 'it is empty');
  await Promise.all(read.map((one) => usedParts(one, new Set())));
  const contextName = wantedContext ?? currentContext(read);
  if (contextName === undefined) {
    throw unusable(files, `it has no current-context; name one in datastore.context${known(read)}`);
  }
  const chosen = find(read, 'contexts', contextName);
  if (chosen === undefined) {
    throw unusable(files, `it has no context "${contextName}"${known(read)}`);
  }
  return accessIn(read, files, chosen, contextName);
}

interface Found {
  readonly entry: Located;
  readonly file: LocatedKubeconfig;
}

async function accessIn(
  read: readonly LocatedKubeconfig[],
  files: readonly string[],
  chosen: Found,
  contextName: string,
): Promise<ClusterAccess> {
  const context = (await usedParts(chosen.file, new Set([chosen.entry]))).contexts?.[0]?.context;
  const clusterName = context?.cluster ?? '';
  const cluster = find(read, 'clusters', clusterName);
  if (cluster === undefined) throw unusable(files, `it has no cluster "${clusterName}"`);
  const userName = context?.user;
  const user = userName === undefined ? undefined : find(read, 'users', userName);
  if (userName !== undefined && user === undefined) {
    throw unusable(files, `it has no user "${userName}"`);
  }
  const parts = await usedOf(read, [cluster, ...(user === undefined ? [] : [user])]);
  const settings = parts.get(cluster.file)?.clusters?.[0]?.cluster;
  if (settings === undefined) throw unusable(files, `it has no cluster "${clusterName}"`);
  return accessOf(
    { ...settings, folder: path.dirname(cluster.file.file) },
    user === undefined || userName === undefined
      ? undefined
      : {
          name: userName,
          user: parts.get(user.file)?.users?.[0]?.user ?? {},
          file: user.file.file,
        },
    `kubeconfig "${cluster.file.file}", context "${contextName}"`,
  );
}

/** Reads both parts of one file together, so that all faults are named at once. */
async function usedOf(
  read: readonly LocatedKubeconfig[],
  found: readonly Found[],
): Promise<ReadonlyMap<LocatedKubeconfig, Kubeconfig>> {
  const parts = new Map<LocatedKubeconfig, Kubeconfig>();
  for (const file of read) {
    const used = found.filter((one) => one.file === file).map(({ entry }) => entry);
    if (used.length > 0) parts.set(file, await usedParts(file, new Set(used)));
  }
  return parts;
}

function currentContext(read: readonly LocatedKubeconfig[]): string | undefined {
  return read
    .map(({ root }) => textOf(fieldsOf(root).get('current-context'))?.value ?? '')
    .find((name) => name !== '');
}

/** Finds an entry; the first file that has it wins. */
function find(
  read: readonly LocatedKubeconfig[],
  section: Section,
  name: string,
): Found | undefined {
  for (const file of read) {
    const entry = entryNamed(file, section, name);
    if (entry !== undefined) return { entry, file };
  }
  return undefined;
}

function known(read: readonly LocatedKubeconfig[]): string {
  const names = [...new Set(read.flatMap((file) => namesIn(file, 'contexts')))];
  if (names.length === 0) return '';
  const more = names.length > shownNames ? ', …' : '';
  return ` (there are: ${names.slice(0, shownNames).map(printable).join(', ')}${more})`;
}

async function accessOf(
  cluster: KubeconfigCluster & { readonly folder: string },
  user: PlacedUser | undefined,
  source: string,
): Promise<ClusterAccess> {
  if (cluster['proxy-url'] !== undefined) {
    throw new AppError(
      'invalid-settings',
      `cannot use the ${source}: it has a proxy-url, which is not supported; reach the API server without a proxy`,
    );
  }
  const server = serverOf(cluster, user).replace(/\/+$/u, '');
  const ca = await pemOf(
    { field: 'certificate-authority', whose: `the cluster of the ${source}` },
    cluster['certificate-authority-data'],
    cluster['certificate-authority'],
    cluster.folder,
  );
  if (ca !== undefined) checkCertificates(ca);
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
    ...(ca !== undefined && { ca: ca.pem }),
    ...(serverName !== undefined && { serverName }),
    identity: user === undefined ? {} : await identityOf(user, told),
  };
}

/**
 * The server's address. Without a scheme, client-go uses TLS only if a setting asks for it:
 * rest/url_utils.go.
 */
function serverOf(cluster: KubeconfigCluster, user: PlacedUser | undefined): string {
  if (cluster.server.includes('://')) return cluster.server;
  const isTls =
    user?.user['client-certificate'] !== undefined ||
    user?.user['client-certificate-data'] !== undefined ||
    cluster['certificate-authority'] !== undefined ||
    cluster['certificate-authority-data'] !== undefined ||
    cluster['insecure-skip-tls-verify'] === true;
  return `${isTls ? 'https' : 'http'}://${cluster.server}`;
}

function unusable(files: readonly string[], reason: string): AppError {
  return new AppError(
    'invalid-settings',
    `cannot use the kubeconfig "${files.join(path.delimiter)}": ${reason}`,
  );
}
