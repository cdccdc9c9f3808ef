import { pathPart } from '../../../../core/input/path-part.ts';
import { contains, parseAddress, parseNetwork } from '../../../../core/config/net/address.ts';
import type { Network } from '../../../../core/config/model.ts';
import { printable } from '../../../../core/printable.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { parsePod, podsByController } from '../../../../core/platform/cluster/parse-pod.ts';
import type {
  ClusterPod,
  PodsOfController,
} from '../../../../core/platform/cluster/observed-cluster.ts';
import type { PodQuestion } from '../../../ports/platform/cluster.ts';
import type { Reader } from '../reader.ts';

/** The selectors are sent to the server, so that a node with a hundred pods is not a list of ten thousand. */
export function readPods(
  reader: Reader,
  { namespace, selector, node }: PodQuestion,
): Promise<readonly ClusterPod[]> {
  const base = namespace === undefined ? '/api/v1' : `/api/v1/namespaces/${pathPart(namespace)}`;
  const query = {
    ...(selector !== undefined && { labelSelector: selector }),
    ...(node !== undefined && { fieldSelector: `spec.nodeName=${node}` }),
  };
  return reader.list('list the pods', `${base}/pods`, parsePod, query);
}

/** @throws AppError invalid-config for a CIDR that is none: nothing may then count as outside of it */
export async function podsOutside(
  reader: Reader,
  cidrs: readonly string[],
): Promise<readonly PodsOfController[]> {
  const networks = cidrs.map(networkOfCidr);
  const families = new Set(networks.map(({ family }) => family));
  const isOutside = (text: string): boolean => {
    const address = parseAddress(text);
    if (!address.ok || !families.has(address.value.family)) return false;
    return !networks.some((network) => contains(network, address.value));
  };
  const pods = await reader.list('list the pods', '/api/v1/pods', parsePod, {
    fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
  });
  return podsByController(pods, isOutside);
}

function networkOfCidr(cidr: string): Network {
  const parsed = parseNetwork(cidr);
  if (parsed.ok) return parsed.value.network;
  throw new AppError(
    'invalid-config',
    `cannot compare pods with "${printable(cidr)}": ${parsed.message}`,
  );
}
