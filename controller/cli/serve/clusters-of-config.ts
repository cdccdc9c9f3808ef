/** The settings of several clusters, from `clusters` in controller.yaml. */
import path from 'node:path';
import { nearestName } from '../../../core/nearest-name.ts';
import { pointerToken, type Issue } from '../../../core/issue.ts';
import { AppError } from '../../../runtime/errors.ts';
import type {
  ClusterConfig,
  ControllerConfig,
} from '../../../schemas/generated/controller-config.ts';
import type { ClusterSettings, EtcdStoreSettings, SourceSettings } from '../../settings.ts';
import { etcdOf } from '../controller-config.ts';
import { credentialsOf } from './serve-credentials.ts';
import { approvalsOf, sameNames } from './serve-people.ts';
import { advertiseOf } from './serve-advertise.ts';
import { conflictsOf, nested, type ClaimingCluster } from './cluster-conflicts.ts';
import { gatherFaults, listenFaults, refuseFaults } from './setting-faults.ts';

/** What the options of the command say for all clusters. */
export interface ClusterDefaults {
  /** Of the whole controller. */
  readonly stateDirectory: string;
  readonly plaintextBeyondLoopback: boolean;
  readonly forgetAfterDays: number;
  readonly source?: SourceSettings;
}

export interface ConfigOfClusters extends ControllerConfig {
  readonly clusters: ClusterConfig[];
}

export function hasClusters(config: ControllerConfig): config is ConfigOfClusters {
  return config.clusters !== undefined;
}

/** Where a cluster keeps its state, and its store. */
export interface ClusterPlace {
  readonly cluster: string;
  readonly stateDirectory: string;
  /** Absent: the store is in the state directory. */
  readonly etcd?: EtcdStoreSettings;
}

/** @param stateDirectory of the whole controller */
export function placeOf(
  { name: cluster, stateDirectory: own, store }: ClusterConfig,
  config: Pick<ControllerConfig, 'store'>,
  stateDirectory: string,
): ClusterPlace {
  const place = { cluster, stateDirectory: own ?? path.join(stateDirectory, 'clusters', cluster) };
  if (store !== undefined) return { ...place, ...etcdIn(etcdOf({ store })) };
  const shared = etcdOf(config);
  // One prefix for all would be one store for all. "_" is no kind of record, so these keys are not
  // among those of a cluster with the prefix itself.
  const prefix =
    shared?.prefix === undefined ? {} : { prefix: `${shared.prefix}${nested}${cluster}/` };
  return { ...place, ...etcdIn(shared && { ...shared, ...prefix }) };
}

/** @throws AppError usage where the file lists no such cluster */
export function namedPlace(
  config: ConfigOfClusters,
  cluster: string,
  stateDirectory: string,
): ClusterPlace {
  const named = config.clusters.find(({ name }) => name === cluster);
  if (named !== undefined) return placeOf(named, config, stateDirectory);
  const names = config.clusters.map(({ name }) => name);
  const nearest = nearestName(cluster, names);
  const guess = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  throw new AppError(
    'usage',
    `controller.yaml lists no cluster "${cluster}"${guess}; its clusters are: ${names.join(', ')}; name one with --cluster`,
  );
}

function etcdIn(etcd: EtcdStoreSettings | undefined): Pick<ClusterPlace, 'etcd'> {
  return etcd === undefined ? {} : { etcd };
}

/** @throws AppError invalid-settings with all issues at once */
export function clustersOf(
  config: ConfigOfClusters,
  defaults: ClusterDefaults,
): readonly ClusterSettings[] {
  const read = config.clusters.map((one, at) => clusterOf(one, { at, config, defaults }));
  refuseFaults([
    ...ofOneCluster(config),
    ...sameNames(config.people ?? [], '/people'),
    ...read.flatMap(({ issues }) => issues),
    ...conflictsOf(
      read.map(({ claims }) => claims),
      config.api?.listen,
    ),
  ]);
  return read.flatMap(({ settings }) => (settings === undefined ? [] : [settings]));
}

/** What a setting that is only for a controller of one cluster becomes. */
const hintsForOne = {
  authority: 'move it into the cluster whose nodes it knows',
  advertise: 'move it into the clusters, each with its own address',
  sharedToken: 'remove it; a cluster accepts a shared token if it has tokenFile',
};

function ofOneCluster(config: ConfigOfClusters): readonly Issue[] {
  return Object.entries(hintsForOne).flatMap(([key, hint]) =>
    !Object.hasOwn(config, key)
      ? []
      : [
          clusterIssue(`/${key}`, 'of-one-cluster', {
            message: `"${key}" at the top is for a controller of one cluster, and "clusters" lists several`,
            hint,
          }),
        ],
  );
}

interface ClusterContext {
  readonly at: number;
  readonly config: ConfigOfClusters;
  readonly defaults: ClusterDefaults;
}

interface ReadCluster {
  readonly claims: ClaimingCluster;
  /** Undefined: there are issues. */
  readonly settings?: ClusterSettings;
  readonly issues: readonly Issue[];
}

function clusterOf(one: ClusterConfig, { at, config, defaults }: ClusterContext): ReadCluster {
  const { tokenFile, authority, listen } = one;
  const place = placeOf(one, config, defaults.stateDirectory);
  const { people = config.people ?? [], approvals = config.approvals } = one;
  const source = sourceOf(one) ?? defaults.source;
  const folder = authority?.folder ?? path.join(place.stateDirectory, 'authority');
  const pointer = `/clusters/${pointerToken(at)}`;
  const claims: ClaimingCluster = {
    ...place,
    listen,
    ...(tokenFile !== undefined && { tokenFile }),
    ...(authority !== undefined && { authority: { folder } }),
  };
  const { issues, tried } = gatherFaults();
  issues.push(
    ...sourceIssues(one, { source, approvals, pointer: `${pointer}/source` }),
    ...[
      ...sameNames(one.people ?? [], `${pointer}/people`),
      ...listenFaults(`${pointer}/listen`, listen),
    ].map(ofCluster),
  );
  const within = <T>(read: () => T): T | undefined => tried(() => belowPointer(pointer, read));
  const credentials = within(() => clusterCredentials(one, config, folder));
  const advertise = within(() =>
    advertiseOf({
      ...(one.advertise !== undefined && { advertise: one.advertise }),
      ...storeIn(one.store ?? config.store),
    }),
  );
  if (issues.length > 0) return { claims, issues };
  const settings = {
    ...place,
    ...credentials,
    ...advertise,
    listen,
    plaintextBeyondLoopback: one.plaintextBeyondLoopback ?? defaults.plaintextBeyondLoopback,
    forgetAfterDays: one.forgetAfterDays ?? defaults.forgetAfterDays,
    people,
    ...approvalsOf(approvals),
    ...(source !== undefined && { source }),
  };
  return { claims, settings, issues };
}

/** @param folder of the authority @throws AppError invalid-settings */
function clusterCredentials(
  { name, tokenFile, tls: own, authority }: ClusterConfig,
  config: ConfigOfClusters,
  folder: string,
): ReturnType<typeof credentialsOf> {
  const tls = own ?? config.tls;
  if (tokenFile === undefined && authority === undefined && tls?.clientCaFile === undefined) {
    refuseFaults([
      clusterIssue('', 'no-credentials', {
        message: `no agent could connect to the cluster "${name}"`,
        hint: 'give it an authority (calico-controller init), tls.clientCaFile or tokenFile',
      }),
    ]);
  }
  return credentialsOf(
    { tokenFile, tlsCert: undefined, tlsKey: undefined },
    {
      ...(tls !== undefined && { tls }),
      ...(authority !== undefined && { authority: { ...authority, folder } }),
      sharedToken: tokenFile === undefined ? 'refused' : 'allowed',
    },
  );
}

function ofCluster(issue: Issue): Issue {
  return issue.code === 'controller-settings' ? { ...issue, code: 'cluster-settings' } : issue;
}

/** Makes pointers of a cluster those of the file. */
function belowPointer<T>(pointer: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const issues = error.issues.map((issue) =>
      ofCluster({ ...issue, pointer: `${pointer}${issue.pointer}` }),
    );
    throw new AppError(error.code, error.message, { issues });
  }
}

function storeIn(store: ControllerConfig['store']): Pick<ControllerConfig, 'store'> {
  return store === undefined ? {} : { store };
}

function sourceOf({ source }: ClusterConfig): SourceSettings | undefined {
  if (source === undefined) return undefined;
  const { folder, file = '{cluster}.yaml', push = false, strategy } = source;
  const proposing = strategy !== undefined && { strategyFile: strategy };
  return { folder, pattern: file, pushes: push, ...proposing };
}

interface SourceContext {
  readonly source: SourceSettings | undefined;
  readonly approvals: ControllerConfig['approvals'];
  readonly pointer: string;
}

function sourceIssues(
  { name }: ClusterConfig,
  { source, approvals, pointer }: SourceContext,
): readonly Issue[] {
  if (approvals !== undefined && source?.pushes === true) {
    const message = `the source of "${name}" cannot be pushed by itself: its configurations need approvals`;
    const hint = 'leave source.push, or approvals, out';
    return [clusterIssue(pointer, 'push-needs-approval', { message, hint })];
  }
  return [];
}

function clusterIssue(
  pointer: string,
  code: string,
  { message, hint }: { readonly message: string; readonly hint?: string },
): Issue {
  return { severity: 'error', pointer, code, message, ...(hint !== undefined && { hint }) };
}
