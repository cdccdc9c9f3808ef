/** A running cluster for commands with `--live`. */
import type { LivingKops } from '../../ports/platform/living-kops.ts';
import type { LivingMetalLbSource } from '../../ports/platform/living-metallb.ts';
import type { RunningCluster } from '../../ports/platform/running-cluster.ts';
import { createKubernetesClient } from '../../../runtime/kubernetes/client.ts';
import type {
  AccessSettings,
  Surroundings,
} from '../../../runtime/kubernetes/access/find-access.ts';
import { readLivingKops } from './read/living-kops.ts';
import { readLivingMetalLb } from './read/living-metallb.ts';
import { createReader, type Reader } from './reader.ts';

export function createLivingKops(settings: AccessSettings, surroundings: Surroundings): LivingKops {
  return living(settings, surroundings, readLivingKops);
}

export function createLivingMetalLb(
  settings: AccessSettings,
  surroundings: Surroundings,
): LivingMetalLbSource {
  return living(settings, surroundings, readLivingMetalLb);
}

const concurrency = 8;
const timeoutMs = 10_000;

function living<T>(
  settings: AccessSettings,
  surroundings: Surroundings,
  read: (reader: Reader) => Promise<T>,
): { read(): Promise<T>; where(): Promise<RunningCluster>; close(): Promise<void> } {
  const client = createKubernetesClient({ ...settings, concurrency, timeoutMs }, surroundings);
  const reader = createReader(client);
  return {
    read: () => read(reader),
    where: async () => {
      const { server, source } = (await client.access()).access;
      return { server, source };
    },
    close: () => client.close(),
  };
}
