/** Builds the connection to a running cluster for `calico-agent kops --live`. */
import { withoutUndefined } from '../core/without-undefined.ts';
import type { ClusterChoice } from './cli/command-context.ts';
import { createLivingKops } from './adapters/cluster-kubernetes/living-kops.ts';
import type { LivingKops } from './ports/platform/living-kops.ts';
import { readSettings } from './settings.ts';

/**
 * The kubeconfig that is named, else the cluster of agent.yaml, else that of kubectl.
 * @throws AppError
 */
export async function connectLivingKops({ config, ...named }: ClusterChoice): Promise<LivingKops> {
  const known = named.kubeconfig === undefined ? (await readSettings(config)).cluster : undefined;
  const settings = { ...known, ...withoutUndefined(named) };
  return createLivingKops(settings, { environment: process.env, root: '/' });
}
