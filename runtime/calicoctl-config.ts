/**
 * Reads calicoctl's own settings of the datastore. Sources:
 * libcalico-go/lib/apiconfig/{apiconfig,load}.go, calicoctl/commands/clientmgr/client.go: the file
 * counts, and the environment only if there is none. Last comes the file that the calico charm
 * leaves for people to source.
 */
import { textBounds } from '../core/input/bounds.ts';
import path from 'node:path';
import { withoutUndefined } from '../core/without-undefined.ts';
import { parseAssignments } from './assignments.ts';
import { AppError } from './errors.ts';
import { readTextFile } from './files/read-text-file.ts';

export type CalicoctlConfig =
  | CalicoctlEtcd
  | CalicoctlKubernetes
  /** Settings that this program cannot follow. */
  | { readonly type: 'unsupported'; readonly source: string; readonly why: string }
  | { readonly type: 'none'; readonly looked: readonly string[] };

export interface CalicoctlEtcd {
  readonly type: 'etcd';
  /** For people: a file, or the environment. */
  readonly source: string;
  readonly endpoints: readonly string[];
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Certificates and key in the file itself, PEM. */
  readonly inline?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly username?: string;
  readonly password?: string;
}

export interface CalicoctlKubernetes {
  readonly type: 'kubernetes';
  readonly source: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** The server, given together with the fields below in place of a kubeconfig. */
  readonly server?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** The token itself, a secret. */
  readonly token?: string;
  /** Accepts any certificate of the server. */
  readonly insecure?: boolean;
}

const calicoctlConfigFile = '/etc/calico/calicoctl.cfg';
const charmEnvironmentFile = '/opt/calicoctl/calicoctl.env';
const maxBytes = 256 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/** @param root the folder that has /etc and /opt. @throws AppError where a file is broken */
export async function findCalicoctlConfig(
  environment: Environment,
  root = '/',
): Promise<CalicoctlConfig> {
  const file = await readIfThere(path.join(root, calicoctlConfigFile));
  if (file !== undefined) return file;
  const said = settingsOfEnvironment(environment);
  if (said !== undefined) return configOf(said, 'the environment');
  const left = await readIfThere(path.join(root, charmEnvironmentFile));
  return (
    left ?? { type: 'none', looked: [calicoctlConfigFile, 'ETCD_ENDPOINTS', charmEnvironmentFile] }
  );
}

/** @throws AppError not-found, invalid-settings */
export async function readCalicoctlConfig(file: string): Promise<CalicoctlConfig> {
  const config = await readIfThere(file);
  if (config !== undefined) return config;
  throw new AppError('not-found', `cannot read "${file}": no such file`);
}

async function readIfThere(file: string): Promise<CalicoctlConfig | undefined> {
  const text = await readTextFile(file, maxBytes);
  if (text === undefined) return undefined;
  const assignments = parseAssignments(text);
  if (assignments === undefined) return configOf(await readApiConfig(file, text), file);
  return configOf(settingsOfEnvironment(assignments) ?? {}, file);
}

/** The settings by the names of CalicoAPIConfig's fields. */
type Settings = Readonly<Record<string, string>>;

const variables = {
  datastoreType: 'DATASTORE_TYPE',
  etcdEndpoints: 'ETCD_ENDPOINTS',
  etcdDiscoverySrv: 'ETCD_DISCOVERY_SRV',
  etcdUsername: 'ETCD_USERNAME',
  etcdPassword: 'ETCD_PASSWORD',
  etcdKeyFile: 'ETCD_KEY_FILE',
  etcdCertFile: 'ETCD_CERT_FILE',
  etcdCACertFile: 'ETCD_CA_CERT_FILE',
  kubeconfig: 'KUBECONFIG',
  k8sAPIEndpoint: 'K8S_API_ENDPOINT',
  k8sCAFile: 'K8S_CA_FILE',
  k8sCertFile: 'K8S_CERT_FILE',
  k8sKeyFile: 'K8S_KEY_FILE',
  k8sAPIToken: 'K8S_API_TOKEN',
  k8sInsecureSkipTLSVerify: 'K8S_INSECURE_SKIP_TLS_VERIFY',
  k8sCurrentContext: 'K8S_CURRENT_CONTEXT',
} as const;

/** Settings that show that the environment is for Calico; KUBECONFIG alone does not. */
const telling = new Set(['datastoreType', 'etcdEndpoints', 'etcdDiscoverySrv']);

/**
 * The settings of the environment. A variable with the prefix CALICO_ counts before the one
 * without: github.com/kelseyhightower/envconfig.
 */
function settingsOfEnvironment(environment: Environment): Settings | undefined {
  const settings = Object.entries(variables).flatMap(([field, variable]) => {
    const value = environment[`CALICO_${variable}`] ?? environment[variable];
    return value === undefined || value === '' ? [] : [[field, value] as const];
  });
  return settings.some(([field]) => telling.has(field)) ? Object.fromEntries(settings) : undefined;
}

async function readApiConfig(file: string, text: string): Promise<Settings> {
  const [{ locate }, { plainValue }] = await Promise.all([
    import('../core/config/yaml/located-yaml.ts'),
    import('../core/config/yaml/plain-value.ts'),
  ]);
  const located = locate(text, textBounds.calicoctl);
  if (!located.ok) throw unusable(file, located.issues[0]?.message ?? 'it is not YAML');
  const document = plainValue(located.root);
  if (!isRecord(document) || document['kind'] !== 'CalicoAPIConfig')
    throw unusable(file, 'it is neither a CalicoAPIConfig nor a list of ETCD_… assignments');
  const { spec } = document;
  const fields = isRecord(spec) ? Object.entries(spec) : [];
  const texts = fields.flatMap(([field, value]) => {
    if (typeof value === 'string' || typeof value === 'boolean') {
      return [[field, String(value)] as const];
    }
    // calicoctl refuses the file then. The value may be a secret.
    if (Object.hasOwn(variables, field) && value !== null) {
      throw unusable(file, `spec.${field} has to be a text: put it in quotes`);
    }
    return [];
  });
  return Object.fromEntries(texts.filter(([, value]) => value !== ''));
}

function configOf(settings: Settings, source: string): CalicoctlConfig {
  const { datastoreType, etcdEndpoints, etcdDiscoverySrv } = settings;
  const type = datastoreType ?? (etcdEndpoints === undefined ? 'kubernetes' : 'etcdv3');
  if (type === 'kubernetes') return kubernetesOf(settings, source);
  if (type !== 'etcdv3') {
    return { type: 'unsupported', source, why: `the datastore type "${type}" is not known` };
  }
  if (etcdEndpoints === undefined) {
    const why =
      etcdDiscoverySrv === undefined
        ? 'it names no etcd endpoints'
        : 'it finds etcd by DNS SRV records (etcdDiscoverySrv), which is not supported: name the endpoints';
    return { type: 'unsupported', source, why };
  }
  return etcdOf(settings, etcdEndpoints, source);
}

function etcdOf(settings: Settings, endpoints: string, source: string): CalicoctlEtcd {
  const { etcdCACert: ca, etcdCert: cert, etcdKey: key } = settings;
  const inline = withoutUndefined({ ca, cert, key });
  return {
    type: 'etcd',
    source,
    endpoints: endpoints.split(',').flatMap((text) => (text.trim() === '' ? [] : [text.trim()])),
    ...withoutUndefined({
      caFile: settings['etcdCACertFile'],
      certFile: settings['etcdCertFile'],
      keyFile: settings['etcdKeyFile'],
      username: settings['etcdUsername'],
      password: settings['etcdPassword'],
    }),
    ...(Object.keys(inline).length > 0 && { inline }),
  };
}

function kubernetesOf(settings: Settings, source: string): CalicoctlConfig {
  const why = unsupportedOf(settings);
  if (why !== undefined) return { type: 'unsupported', source, why };
  return {
    type: 'kubernetes',
    source,
    ...withoutUndefined({
      kubeconfig: settings['kubeconfig'],
      context: settings['k8sCurrentContext'],
      server: settings['k8sAPIEndpoint'],
      caFile: settings['k8sCAFile'],
      certFile: settings['k8sCertFile'],
      keyFile: settings['k8sKeyFile'],
      token: settings['k8sAPIToken'],
    }),
    ...(isInsecure(settings) && { insecure: true }),
  };
}

const besideEndpoint = ['k8sCAFile', 'k8sCertFile', 'k8sKeyFile', 'k8sAPIToken'];

/**
 * A reason that names unsupported settings, without their values. calicoctl overrules single
 * settings of a kubeconfig by the others (libcalico-go/lib/backend/k8s/k8s.go), which would mix
 * clusters or users here.
 */
function unsupportedOf(settings: Settings): string | undefined {
  const { kubeconfigInline, kubeconfig, k8sAPIEndpoint, k8sCertFile, k8sKeyFile } = settings;
  if (kubeconfigInline !== undefined) {
    return 'it has a kubeconfig in itself (kubeconfigInline), which is not supported: name a file';
  }
  const beside = [
    ...besideEndpoint.filter((field) => settings[field] !== undefined),
    ...(isInsecure(settings) ? ['k8sInsecureSkipTLSVerify'] : []),
  ].join(', ');
  if (kubeconfig !== undefined && (k8sAPIEndpoint !== undefined || beside !== '')) {
    const fields = [...(k8sAPIEndpoint === undefined ? [] : ['k8sAPIEndpoint']), beside].filter(
      Boolean,
    );
    return `it overrules its kubeconfig (${fields.join(', ')}), which is not supported: put all of it into the kubeconfig`;
  }
  if (k8sAPIEndpoint === undefined && beside !== '') {
    return `it has ${beside} without k8sAPIEndpoint, which is not supported: name the API server`;
  }
  if ((k8sCertFile === undefined) !== (k8sKeyFile === undefined)) {
    return 'k8sCertFile and k8sKeyFile belong together, and one is missing';
  }
  return undefined;
}

/** Source: Go's strconv.ParseBool. */
function isInsecure({ k8sInsecureSkipTLSVerify = '' }: Settings): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(k8sInsecureSkipTLSVerify);
}

function unusable(file: string, reason: string): AppError {
  return new AppError('invalid-settings', `cannot use "${file}": ${reason}`);
}

function isRecord(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
