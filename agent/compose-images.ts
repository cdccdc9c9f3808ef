/** Builds the reader of Calico's images for `calico-agent doctor`. */
import { createRunningImages } from './adapters/cluster-kubernetes/running-images.ts';
import type { RunningImages } from './ports/platform/running-images.ts';
import { readSettings } from './settings.ts';

/** The cluster of agent.yaml; undefined: it names none. @throws AppError */
export async function connectImages(
  config: string | undefined,
): Promise<RunningImages | undefined> {
  const { cluster } = await readSettings(config);
  if (cluster === undefined) return undefined;
  return createRunningImages(cluster, { environment: process.env, root: '/' });
}
