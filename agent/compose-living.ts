/** Builds the connections to a running cluster for commands with `--live`. */
import { withoutUndefined } from '../core/without-undefined.ts';
import type { ClusterChoice } from './cli/command-context.ts';
import { createLivingKops, createLivingMetalLb } from './adapters/cluster-kubernetes/living.ts';
import type { LivingKops } from './ports/platform/living-kops.ts';
import type { LivingMetalLbSource } from './ports/platform/living-metallb.ts';
import type { AccessSettings } from '../runtime/kubernetes/access/find-access.ts';
import { readSettings } from './settings.ts';

const surroundings = { environment: process.env, root: '/' };

/** @throws AppError */
export async function connectLivingKops(choice: ClusterChoice): Promise<LivingKops> {
  return createLivingKops(await accessOf(choice), surroundings);
}

/** @throws AppError */
export async function connectLivingMetalLb(choice: ClusterChoice): Promise<LivingMetalLbSource> {
  return createLivingMetalLb(await accessOf(choice), surroundings);
}

/** The kubeconfig that is named, else the cluster of agent.yaml, else that of kubectl. */
async function accessOf({ config, ...named }: ClusterChoice): Promise<AccessSettings> {
  const known = named.kubeconfig === undefined ? (await readSettings(config)).cluster : undefined;
  return { advice: 'give --kubeconfig FILE', ...known, ...withoutUndefined(named) };
}
