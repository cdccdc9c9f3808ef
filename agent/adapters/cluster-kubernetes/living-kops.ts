/** A running cluster for `calico-agent kops --live`. */
import type { LivingKops } from '../../ports/platform/living-kops.ts';
import { createKubernetesClient } from '../../../runtime/kubernetes/client.ts';
import type {
  AccessSettings,
  Surroundings,
} from '../../../runtime/kubernetes/access/find-access.ts';
import { readLivingKops } from './read/living-kops.ts';
import { createReader } from './reader.ts';

const concurrency = 8;
const timeoutMs = 10_000;

export function createLivingKops(settings: AccessSettings, surroundings: Surroundings): LivingKops {
  const client = createKubernetesClient({ ...settings, concurrency, timeoutMs }, surroundings);
  const reader = createReader(client);
  return {
    read: () => readLivingKops(reader),
    close: () => client.close(),
  };
}
