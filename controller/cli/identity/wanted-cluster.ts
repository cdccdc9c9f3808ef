/** The authority of one of several clusters: where it is made, and how the settings name it. */
import path from 'node:path';
import { documentHint } from '../../../core/document-hint.ts';
import { AppError } from '../../../runtime/errors.ts';
import type {
  ClusterConfig,
  ControllerConfig,
} from '../../../schemas/generated/controller-config.ts';
import { hasClusters, placeOf, type ClusterPlace } from '../serve/clusters-of-config.ts';

export interface WantedAuthority {
  readonly folder: string;
  /** The settings name it. */
  readonly isListed: boolean;
  /** The certificate of the controller is of this authority, too. */
  readonly isForServer: boolean;
  /** The port that agents use. */
  readonly port: number;
  readonly place: ClusterPlace;
  /** The settings list no cluster yet, so a controller of one cluster may use the state directory. */
  readonly isFirst?: boolean;
  /** Writes it into the settings. @returns a text about it */
  readonly extend: () => Promise<string>;
}

export interface WantedCluster {
  readonly cluster: string;
  /** Absent: the settings list the cluster. */
  readonly listen: string | undefined;
  /** Of the whole controller. */
  readonly stateDirectory: string;
}

/** @throws AppError usage */
export function wantedCluster(
  { cluster, listen, stateDirectory }: WantedCluster,
  before: ControllerConfig,
  file: string,
): WantedAuthority {
  const clusters = hasClusters(before) ? before.clusters : [];
  const at = clusters.findIndex(({ name }) => name === cluster);
  const listed = clusters[at] ?? newCluster({ cluster, listen }, before, file);
  const place = placeOf(listed, before, stateDirectory);
  const { tls = before.tls } = listed;
  if (listed.authority === undefined && tls?.clientCaFile !== undefined) {
    throw new AppError(
      'usage',
      `cannot make an authority: "${file}" names one of another program for the cluster "${cluster}" (tls.clientCaFile)`,
    );
  }
  return {
    folder: path.resolve(listed.authority?.folder ?? path.join(place.stateDirectory, 'authority')),
    isListed: at >= 0 && listed.authority !== undefined,
    isForServer: tls?.certFile === undefined,
    port: Number(/:(\d{1,5})$/.exec(listed.listen)?.[1] ?? 0),
    place,
    isFirst: !hasClusters(before),
    extend: async () => {
      const { extendConfig } = await import('./extend-config.ts');
      if (at >= 0) return extendConfig(file, { kind: 'authority', at });
      return extendConfig(file, { kind: 'cluster', name: cluster, listen: listed.listen });
    },
  };
}

/** A cluster that the settings do not list yet. */
function newCluster(
  { cluster, listen }: Pick<WantedCluster, 'cluster' | 'listen'>,
  before: ControllerConfig,
  file: string,
): ClusterConfig {
  const setting = hasClusters(before) ? undefined : settingOfOne(before);
  if (setting !== undefined) throw isOfOne(cluster, `"${file}" (${setting})`);
  if (listen !== undefined) return { name: cluster, listen };
  const names = (before.clusters ?? []).map(({ name }) => name).join(', ');
  throw new AppError(
    'usage',
    `"${file}" lists no cluster "${cluster}", only: ${names}; to add it say where its agents connect: --listen HOST:PORT`,
  );
}

/** A setting that several clusters do not share, so a controller of one cluster uses the file. */
function settingOfOne(before: ControllerConfig): string | undefined {
  const ofOne = (['authority', 'sharedToken', 'advertise'] as const).find((name) =>
    Object.hasOwn(before, name),
  );
  return ofOne ?? (before.tls?.clientCaFile === undefined ? undefined : 'tls.clientCaFile');
}

/** A controller with `clusters` would not serve the cluster that it has had without them. */
export function isOfOne(cluster: string, what: string): AppError {
  return new AppError(
    'usage',
    `cannot add the cluster "${cluster}": ${what} is of a controller of one cluster; list that one under clusters first: ${documentHint('clusters.md')}`,
  );
}
