/** The driver, connected to a test's API server. */
import { createCalicoKubernetes } from '../../../../agent/adapters/calico-kubernetes/driver.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';
import type { ObservedResource } from '../../../../core/observe/observed.ts';
import type { KubernetesDatastore } from '../../../../schemas/generated/agent-config.ts';

export const revision = { lineage: 'local:node-a', number: 3, digest: `sha256:${'0'.repeat(64)}` };

export function connect(
  settings: Omit<KubernetesDatastore, 'driver'>,
  node = 'node-a',
): ConnectedDatastore {
  return createCalicoKubernetes(
    { driver: 'kubernetes', ...settings },
    { node: () => node, clock: { now: () => new Date().toISOString() }, environment: {} },
  );
}

export async function observed(
  { datastore }: ConnectedDatastore,
  name: string,
): Promise<ObservedResource> {
  const { resources } = await datastore.observe('node-a');
  const found = resources.find(({ resource }) => resource.metadata.name === name);
  if (found === undefined) throw new Error(`${name} is not there`);
  return found;
}
