import { dropInName } from '../../../core/platform/k3s/desired/drop-in.ts';
import {
  editableArguments,
  editableLocks,
} from '../../../core/platform/microk8s/editable-files.ts';
import { snapData } from '../../../core/platform/microk8s/report-microk8s.ts';
import type { HostFiles } from '../../ports/platform/host-files.ts';
import type { ReadPlatform } from './read-platform.ts';

/** The files that an edit may concern on this platform, whether they are there or not. */
export async function editablePaths(
  files: HostFiles,
  { report: { platform }, k3s }: ReadPlatform,
): Promise<readonly string[]> {
  if (k3s !== undefined) return [`${k3s.configPath}.d/${dropInName}`];
  if (platform !== 'microk8s') return [];
  const network = `${snapData}/args/cni-network`;
  return [
    ...editableArguments.map((name) => `${snapData}/args/${name}`),
    ...editableLocks.map((name) => `${snapData}/var/lock/${name}`),
    ...(await files.list(network)).names.map((name) => `${network}/${name}`),
  ];
}
