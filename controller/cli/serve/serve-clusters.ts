/** The settings of a controller of several clusters. */
import type { SeveralClusters } from '../../settings.ts';
import { clustersOf, type ClusterDefaults, type ConfigOfClusters } from './clusters-of-config.ts';
import { requireAdvertisable } from './serve-advertise.ts';
import { apiOf, presentsCertificates } from './serve-people.ts';
import { gatherFaults, refuseFaults } from './setting-faults.ts';

type Defaults = ClusterDefaults & Pick<SeveralClusters, 'socket' | 'metricsListen'>;

/** @throws AppError invalid-settings with all issues at once */
export function severalOf(config: ConfigOfClusters, defaults: Defaults): SeveralClusters {
  const { socket, metricsListen } = defaults;
  const { issues, tried } = gatherFaults();
  const clusters = tried(() => clustersOf(config, defaults));
  const people = config.clusters.flatMap(({ people: own = config.people ?? [] }) => own);
  const hasEtcd = config.clusters.some(({ store = config.store }) => store?.engine === 'etcd');
  tried(() => requireAdvertisable('api.advertise', config.api?.advertise, hasEtcd));
  const { certFile, keyFile } = config.tls ?? {};
  const pair = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
  const api = tried(() => apiOf(config.api, presentsCertificates(people), pair));
  refuseFaults(issues);
  return {
    clusters: clusters ?? [],
    socket,
    ...(metricsListen !== undefined && { metricsListen }),
    ...(api !== undefined && { api }),
  };
}
