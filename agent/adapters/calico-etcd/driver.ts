/**
 * Calico's etcd datastore, as in Charmed Kubernetes. Each step is one transaction, which succeeds
 * only if every object still is as the agent read it.
 */
import { createEtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { EtcdDatastore } from '../../../schemas/generated/agent-config.ts';
import type { DatastoreWatch } from '../../ports/datastore/calico-datastore.ts';
import type {
  ConnectedDatastore,
  DriverOptions,
} from '../../ports/datastore/connected-datastore.ts';
import { applyStep, atomicChanges } from './apply-step.ts';
import { createEtcdFleetStore } from './fleet-store.ts';
import { createWriterLease } from './writer-lease.ts';
import { findConnection } from './connection-settings.ts';
import { checkCalico } from './check-calico.ts';
import { diagnoseEtcd } from './diagnose.ts';
import { observeEtcd, readBlocks, readPoolUsage, type Seen } from './observe.ts';
import { createEtcdSurvey } from './survey.ts';
import { watchDatastore } from './watch.ts';

/** Connects when it is first used. */
export function createCalicoEtcd(
  settings: EtcdDatastore,
  options: DriverOptions,
): ConnectedDatastore {
  const find = (): ReturnType<typeof findConnection> => findConnection(settings, options);
  const client = createEtcdClient(find);
  const now = (): string => options.clock.now();
  const { lease, close } = createWriterLease({ client, node: options.node, now });
  const fleet = createEtcdFleetStore({ client, node: options.node });
  let seen: Seen['node'];
  const watches = new Set<DatastoreWatch>();
  return {
    datastore: {
      driver: 'etcd',
      reachesCluster: true,
      message: `written to Calico's etcd, ${placeOf(settings)}`,
      atomicChanges,
      observe: async (node) => {
        const read = await observeEtcd(client, node);
        seen = read.node;
        return read.observed;
      },
      poolUsage: (cidrs) => readPoolUsage(client, cidrs),
      blocks: () => readBlocks(client),
      checkCalico: () => checkCalico(client, settings),
      // etcd accepts any value. The check of the configuration has refused those that Calico would
      // refuse.
      preflight: () => Promise.resolve([]),
      apply: (step, revision, fence) =>
        applyStep({ client, now, ...(seen && { seen }) }, step, revision, fence),
      watch: (node, listener) => {
        const watch = watchDatastore(client, node, listener);
        watches.add(watch);
        return {
          stop: () => {
            watches.delete(watch);
            return watch.stop();
          },
        };
      },
      close: async () => {
        await Promise.all([...watches].map((watch) => watch.stop()));
        close();
        fleet.close();
        client.close();
      },
    },
    writerLease: lease,
    survey: createEtcdSurvey(client),
    fleet,
    diagnosis: { diagnose: () => diagnoseEtcd(client, find) },
  };
}

function placeOf({ endpoints, calicoctlConfig }: EtcdDatastore): string {
  if (endpoints !== undefined) return endpoints.join(', ');
  return calicoctlConfig === undefined
    ? 'with the settings of calicoctl'
    : `as "${calicoctlConfig}" says`;
}
