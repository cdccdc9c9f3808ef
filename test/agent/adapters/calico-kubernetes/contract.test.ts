import { createCalicoKubernetes } from '../../../../agent/adapters/calico-kubernetes/driver.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import { isMap } from '../../../../core/input/plain-data.ts';
import { onEachApiServer } from '../../../support/servers/api-server.ts';
import { describeConnectedDatastore } from '../../ports/connected-datastore.contract.ts';

describe('the Kubernetes driver', () => {
  onEachApiServer((open) => {
    const connected: ConnectedDatastore[] = [];
    afterEach(async () => {
      await Promise.all(connected.splice(0).map(({ datastore }) => datastore.close()));
    });
    describeConnectedDatastore(async () => {
      const server = await open();
      await server.empty(['node-a', 'node-b']);
      return {
        connect: (node) => {
          const datastore = createCalicoKubernetes(
            { driver: 'kubernetes', kubeconfig: server.kubeconfig },
            {
              node: () => node,
              clock: { now: () => new Date().toISOString() },
              environment: {},
            },
          );
          connected.push(datastore);
          return datastore;
        },
        put: async (document) => {
          const apiVersion = document.kind === 'Node' ? 'v1' : server.group;
          await server.put(document.kind, document.metadata.name, { ...document, apiVersion });
        },
        get: async (kind, name) => {
          const found = await server.get(kind, name);
          if (!isMap(found) || kind === 'Node') return found;
          return { ...found, apiVersion: 'projectcalico.org/v3' };
        },
        remove: (kind, name) => server.remove(kind, name),
      };
    });
  });
});
