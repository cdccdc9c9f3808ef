/** The settings of a controller of several clusters. */
import type { SeveralClusters } from '../../settings.ts';
import { clustersOf, type ClusterDefaults, type ConfigOfClusters } from './clusters-of-config.ts';
import { requireAdvertisable } from './serve-advertise.ts';
import { apiOf, presentsCertificates } from './serve-people.ts';

type Defaults = ClusterDefaults & Pick<SeveralClusters, 'socket' | 'metricsListen'>;

/** @throws AppError invalid-settings with all issues at once */
export function severalOf(
  config: ConfigOfClusters,
  file: string,
  defaults: Defaults,
): SeveralClusters {
  const { socket, metricsListen } = defaults;
  const clusters = clustersOf(config, file, defaults);
  const hasPeople = clusters.some(({ people = [] }) => presentsCertificates(people));
  const hasEtcd = clusters.some(({ etcd }) => etcd !== undefined);
  requireAdvertisable('api.advertise', config.api?.advertise, hasEtcd);
  const { certFile, keyFile } = config.tls ?? {};
  const pair = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
  const api = apiOf(config.api, hasPeople, pair);
  return {
    clusters,
    socket,
    ...(metricsListen !== undefined && { metricsListen }),
    ...(api !== undefined && { api }),
  };
}
