/** Finds the access to the API server where the settings give none, or only a part of it. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { AppError } from '../../errors.ts';
import { checkCertificates, checkKeyPair, type PlacedPem } from '../../tls/check-pem.ts';
import type { ClusterAccess, Identity } from './cluster-access.ts';
import { readKubeconfigs } from './kubeconfig.ts';
import { readSmallFile } from '../../files/read-small-file.ts';

export interface AccessSettings {
  /** What to do where no credentials are found; absent: the settings of agent.yaml. */
  readonly advice?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly server?: string;
  readonly caFile?: string;
  readonly tokenFile?: string;
  /** The token itself, if calicoctl's settings have it. */
  readonly token?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Takes the kubeconfig that MicroK8s or K3s wrote, and no other one. */
  readonly isPlatforms?: boolean;
  /** Accepts any certificate of the server, unless there is a caFile. */
  readonly insecure?: boolean;
}

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A prefix for the usual places, for tests. */
  readonly root: string;
}

const serviceAccount = 'var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The usual kubeconfigs, in this order, after the one in the home directory. The kubelet's own one
 * is not among them, because it may only change its own Node (the admission plugin
 * NodeRestriction).
 */
const platformPlaces = [
  'var/snap/microk8s/current/credentials/client.config',
  'etc/rancher/k3s/k3s.yaml',
];
/** Those of MicroK8s and K3s, then of kubeadm and kops. */
const usualPlaces = [...platformPlaces, 'etc/kubernetes/admin.conf'];

/** @throws AppError invalid-settings, with the settings to make */
export async function findAccess(
  settings: AccessSettings,
  surroundings: Surroundings,
): Promise<ClusterAccess> {
  const { server, kubeconfig, context } = settings;
  if (server !== undefined) return explicit(server, settings);
  if (kubeconfig !== undefined) return readKubeconfigs([path.resolve(kubeconfig)], context);
  if (settings.isPlatforms === true) return platformAccess(surroundings, context);
  const pod = await inCluster(surroundings);
  if (pod !== undefined) return pod;
  const { environment, root } = surroundings;
  const named = (environment['KUBECONFIG'] ?? '').split(path.delimiter).filter(Boolean);
  if (named.length > 0)
    return readKubeconfigs(
      named.map((file) => path.resolve(file)),
      context,
    );
  const places = placesBelow(root, environment['HOME']);
  for (const file of places) {
    if (await isFile(file)) return readKubeconfigs([file], context);
  }
  // systemd sets this variable for its services, systemd.exec(5); homes may be empty or not
  // readable there.
  const isService = environment['INVOCATION_ID'] !== undefined;
  const hidden = isService ? ` (below /root and /home hidden by the unit's ProtectHome=yes)` : '';
  throw new AppError(
    'invalid-settings',
    `cannot find credentials for the Kubernetes API server: no pod's service account, no KUBECONFIG, and none of ${places.join(', ')}${hidden}; ${settings.advice ?? 'set datastore.kubeconfig, or datastore.server with tokenFile and caFile'}`,
  );
}

async function platformAccess(
  { root }: Surroundings,
  context: string | undefined,
): Promise<ClusterAccess> {
  const places = platformPlaces.map((place) => path.join(root, place));
  for (const file of places) {
    if (await isFile(file)) return readKubeconfigs([file], context);
  }
  throw new AppError(
    'invalid-settings',
    `cannot find the platform's credentials for the Kubernetes API server: none of ${places.join(', ')}; an agent of K3s and a worker of MicroK8s have none, so set cluster.kubeconfig there`,
  );
}

function placesBelow(root: string, home: string | undefined): readonly string[] {
  const inHome = path.join(root, home ?? '/root', '.kube/config');
  return [inHome, ...usualPlaces.map((place) => path.join(root, place))];
}

async function explicit(server: string, settings: AccessSettings): Promise<ClusterAccess> {
  const { caFile, insecure = false } = settings;
  return {
    server: server.replace(/\/+$/u, ''),
    source: 'the settings',
    insecure: insecure && caFile === undefined,
    ...(caFile !== undefined && { ca: await authorityOf(caFile) }),
    identity: await identityOf(settings),
  };
}

async function authorityOf(caFile: string): Promise<string> {
  const ca = await placed('caFile', caFile);
  checkCertificates(ca);
  return ca.pem;
}

async function placed(setting: string, file: string): Promise<PlacedPem> {
  const place = `${setting} "${file}"`;
  return { pem: await readSmallFile(file, place), place };
}

async function identityOf(settings: AccessSettings): Promise<Identity> {
  const { tokenFile, token, certFile, keyFile } = settings;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const reason = 'a client certificate needs both, certFile and keyFile';
    throw new AppError('invalid-settings', `cannot use the settings: ${reason}`);
  }
  const known = withoutUndefined({ tokenFile, token });
  if (certFile === undefined || keyFile === undefined) return known;
  const [certificate, key] = await Promise.all([
    placed('certFile', certFile),
    placed('keyFile', keyFile),
  ]);
  checkKeyPair(certificate, key);
  return { ...known, certificate: { certificate: certificate.pem, key: key.pem } };
}

/** Source: client-go/rest/config.go, InClusterConfig. */
async function inCluster({ environment, root }: Surroundings): Promise<ClusterAccess | undefined> {
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '';
  const folder = path.join(root, serviceAccount);
  const tokenFile = path.join(folder, 'token');
  if (host === '' || port === '' || !(await isFile(tokenFile))) return undefined;
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    source: "the pod's service account",
    insecure: false,
    ca: await readSmallFile(path.join(folder, 'ca.crt')),
    identity: { tokenFile },
  };
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
