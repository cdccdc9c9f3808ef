/** Reads the agent's settings: agent.yaml, with the defaults of all other fields. */
import path from 'node:path';
import { AppError } from '../runtime/errors.ts';
import { jujuSettingsFile } from '../runtime/files/juju-settings-file.ts';
import type { LogSettings } from '../runtime/log/logger.ts';
import { readTextFile } from '../runtime/files/read-text-file.ts';
import type { AccessSettings } from '../runtime/kubernetes/access/find-access.ts';
import type { AgentConfig } from '../schemas/generated/agent-config.ts';
import { usualAcceptLoss, type AgentSettings } from './app/state/settings-now.ts';
import type { Role } from '../core/deciding/question.ts';
import { controllerIssues } from '../core/controller-address/controller-issues.ts';
import type { DriverSettings } from './datastores/drivers.ts';
import type { Expected } from '../core/config/mix-ups/instead.ts';
import { documentHint } from '../core/document-hint.ts';
import { usualGuard, type GuardSettings } from '../core/guard/guard-settings.ts';
import { jsonBounds, textBounds } from '../core/input/bounds.ts';
import { jsonValue } from '../core/input/parse-json.ts';

/** The datastore, and the settings of its connection. */
export type DatastoreSettings =
  DriverSettings | Extract<NonNullable<AgentConfig['datastore']>, { readonly driver: 'auto' }>;

/** As ConnectionSettings of runtime/kubernetes. */
type ClusterAccessSettings = Pick<
  AccessSettings,
  | 'kubeconfig'
  | 'context'
  | 'server'
  | 'caFile'
  | 'tokenFile'
  | 'certFile'
  | 'keyFile'
  | 'isPlatforms'
>;

export interface DaemonSettings {
  /** At least one. */
  readonly roles: readonly Role[];
  readonly agent: AgentSettings;
  readonly stateDirectory: string;
  readonly socket: string;
  readonly statusSocket: string;
  /** Absent: calico-agent, where that group exists. */
  readonly socketGroup?: string;
  readonly datastore: DatastoreSettings;
  /** False: no datastore is named, and the default driver is used. */
  readonly namesDatastore: boolean;
  /** The kubeconfig of a Kubernetes that knows the nodes, where the datastore does not. */
  readonly nodesKubeconfig?: string;
  /** The way to the Kubernetes cluster itself; absent: there is none. */
  readonly cluster?: ClusterAccessSettings;
  /** Where AWS answers; absent: as its own tools find it. */
  readonly aws?: NonNullable<AgentConfig['aws']>;
  /** BIRD's control sockets; absent: the agent searches for them. */
  readonly birdSockets?: readonly string[];
  /** The routing table and the rules of guard routes. */
  readonly guard: GuardSettings;
  /** An address at which metrics are served besides the sockets, as `127.0.0.1:9469`. */
  readonly metricsListen?: string;
  readonly controller?: NonNullable<AgentConfig['controller']>;
  readonly log: LogSettings;
  /** Juju's settings; absent: Juju has sent none yet. */
  readonly jujuSettings?: { readonly text: string; readonly config: AgentConfig };
  /** Juju's stored settings cannot be used and were ignored: the next hook sends them again. */
  readonly jujuProblem?: AppError;
}

export const defaultConfigFile = '/etc/calico-agent/agent.yaml';
const maxBytes = 1024 * 1024;
const daySeconds = 86_400;
const nothing: AgentConfig = { apiVersion: 'calico-agent/v1', kind: 'AgentConfig' };

/**
 * Reads the named file, or the usual one, which need not exist. Juju's settings fill fields that
 * the file does not set.
 * @throws AppError invalid-settings with all issues at once
 */
export async function readSettings(file: string | undefined): Promise<DaemonSettings> {
  const config = await readAgentConfig(file);
  const stateDirectory = path.resolve(config.stateDirectory ?? '/var/lib/calico-agent');
  const juju = await readJujuSettings(stateDirectory);
  if (juju === undefined) return settingsOf(config, stateDirectory);
  if (juju instanceof AppError) {
    return { ...settingsOf(config, stateDirectory), jujuProblem: juju };
  }
  const settings = settingsOf({ ...juju.config, ...config }, stateDirectory);
  return { ...settings, jujuSettings: juju };
}

/**
 * The settings of guard routes from agent.yaml only, for the helper that makes them: neither the
 * agent nor Juju can change them.
 * @param file agent.yaml, or a copy of it
 * @throws AppError invalid-settings
 */
export async function readGuardPolicy(
  file: string,
): Promise<GuardSettings & { readonly guard: 'auto' | 'never' }> {
  const text = await readTextFile(file, maxBytes);
  const config = text === undefined ? nothing : await parseAgentConfig(defaultConfigFile, text);
  return { guard: config.changes?.guard ?? 'auto', ...guardSettingsOf(config) };
}

async function readAgentConfig(file: string | undefined): Promise<AgentConfig> {
  const text = await readTextFile(file ?? defaultConfigFile, maxBytes);
  if (text !== undefined) return parseAgentConfig(file ?? defaultConfigFile, text);
  if (file === undefined) return nothing;
  throw new AppError('not-found', `cannot read "${file}": no such file`);
}

/**
 * Juju's settings; none for users who may not read the state directory: their commands use
 * agent.yaml only.
 */
async function readJujuSettings(
  stateDirectory: string,
): Promise<DaemonSettings['jujuSettings'] | AppError> {
  const file = jujuSettingsFile(stateDirectory);
  try {
    const text = await readTextFile(file, maxBytes);
    return text === undefined ? undefined : { text, config: await parseAgentConfig(file, text) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // The agent starts without damaged ones, and can get new ones; with an error it never could.
    return error.code === 'access-denied' ? undefined : error;
  }
}

async function parseAgentConfig(file: string, text: string): Promise<AgentConfig> {
  const { isAgentConfig } = await import('../schemas/generated/agent-config.validator.js');
  // A file in JSON needs no YAML parser, which saves time at the start.
  const json = jsonValue(text, jsonBounds.state);
  if (isAgentConfig(json)) return withUsableController(file, json);
  const [{ locate }, { plainValue }, { schemaIssues }, { recogniseInstead }] = await Promise.all([
    import('../core/config/yaml/located-yaml.ts'),
    import('../core/config/yaml/plain-value.ts'),
    import('../core/config/schema/schema-issues.ts'),
    import('../core/config/mix-ups/instead.ts'),
  ]);
  const located = locate(text, textBounds.settings);
  if (!located.ok) throw refused(file, located.issues);
  const data = plainValue(located.root);
  if (isAgentConfig(data)) return withUsableController(file, data);
  const instead = recogniseInstead(located.root, agentYaml);
  if (instead !== undefined) throw refused(file, [instead]);
  throw refused(file, schemaIssues(isAgentConfig.errors ?? [], located.root));
}

/** A file without a kind that has one of these sections is meant to be an AgentConfig. */
const agentYaml: Expected = {
  what: 'the settings of an agent (agent.yaml)',
  hint: `write an AgentConfig as ${documentHint('agent.md')} shows; a network configuration is put in force by calico-agent apply FILE`,
  kind: 'AgentConfig',
  keys: [
    'role',
    'roles',
    'node',
    'datastore',
    'controller',
    'socket',
    'stateDirectory',
    'drift',
    'staleNodes',
    'bird',
    'changes',
  ],
};

function withUsableController(file: string, config: AgentConfig): AgentConfig {
  const issues = controllerIssues(config);
  if (issues.length === 0) return config;
  throw refused(file, issues);
}

function refused(file: string, issues: AppError['issues']): AppError {
  return new AppError('invalid-settings', `cannot use "${file}": it has errors`, {
    issues,
    source: file,
  });
}

function acceptLossOf({
  apply: local = usualAcceptLoss.local,
  juju = usualAcceptLoss.juju,
  controller = usualAcceptLoss.controller,
}: NonNullable<AgentConfig['changes']>['acceptLoss'] = {}): typeof usualAcceptLoss {
  return { local, juju, controller };
}

function settingsOf(config: AgentConfig, stateDirectory: string): DaemonSettings {
  const { unitApplication, source, socketGroup, controller } = config;
  return {
    agent: {
      node: config.node ?? {},
      reconcileSeconds: config.reconcileSeconds ?? usualSeconds(config.datastore?.driver),
      ...(unitApplication === undefined ? {} : { unitApplication }),
      ...(source === undefined ? {} : { source }),
      ...(config.addressSettleSeconds !== undefined && {
        addressSettleSeconds: config.addressSettleSeconds,
      }),
      guard: config.changes?.guard ?? 'auto',
      ...(config.changes?.confirmSeconds !== undefined && {
        confirmSeconds: config.changes.confirmSeconds,
      }),
      acceptLoss: acceptLossOf(config.changes?.acceptLoss),
      driftPolicy: config.drift?.policy ?? 'correct',
      staleNodes: {
        policy: config.staleNodes?.policy ?? 'report',
        afterSeconds: config.staleNodes?.afterSeconds ?? daySeconds,
      },
    },
    roles: config.roles ?? [config.role ?? 'node'],
    stateDirectory,
    socket: config.socket ?? '/run/calico-agent/agent.sock',
    statusSocket: config.statusSocket ?? '/run/calico-agent/status.sock',
    ...(socketGroup === undefined ? {} : { socketGroup }),
    ...(config.staleNodes?.kubeconfig !== undefined && {
      nodesKubeconfig: config.staleNodes.kubeconfig,
    }),
    ...clusterOf(config),
    ...(config.aws !== undefined && { aws: config.aws }),
    ...(config.bird?.sockets !== undefined && { birdSockets: config.bird.sockets }),
    guard: guardSettingsOf(config),
    datastore: datastoreOf(config.datastore ?? { driver: 'files' }, stateDirectory),
    namesDatastore: config.datastore !== undefined,
    ...(config.metrics !== undefined && { metricsListen: config.metrics.listen }),
    ...(controller === undefined ? {} : { controller }),
    log: config.log ?? {},
  };
}

/** The datastore's own connection reaches the cluster too. */
function clusterOf({ cluster, datastore }: AgentConfig): Pick<DaemonSettings, 'cluster'> {
  if (cluster !== undefined) {
    const { platformCredentials = false, ...access } = cluster;
    return { cluster: { ...access, isPlatforms: platformCredentials } };
  }
  return datastore?.driver === 'kubernetes' ? { cluster: datastore } : {};
}

function guardSettingsOf({ changes }: AgentConfig): GuardSettings {
  const { guardTable: table = usualGuard.table, guardPriority = usualGuard.priority } =
    changes ?? {};
  return { table, priority: guardPriority };
}

function datastoreOf(
  datastore: NonNullable<AgentConfig['datastore']>,
  stateDirectory: string,
): DatastoreSettings {
  if (datastore.driver !== 'files') return datastore;
  const folder = path.resolve(datastore.directory ?? path.join(stateDirectory, 'resources'));
  return { driver: 'files', folder, tool: datastore.for ?? 'calicoctl' };
}

/**
 * The usual time between full readings. Datastores are watched, and the reading is only a safety
 * net; a folder may be remote, and is read fast.
 */
function usualSeconds(driver: DatastoreSettings['driver'] = 'files'): number {
  return driver === 'files' ? 60 : 600;
}
