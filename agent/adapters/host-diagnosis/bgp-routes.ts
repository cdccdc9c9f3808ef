/** Whether the routes to pod blocks lead to nodes, and to routers that Calico knows. */
import { judgeNextHops, oddNextHopsText } from '../../../core/sessions/paths/odd-next-hops.ts';
import type { ExpectedCluster, Finding } from '../../ports/diagnosis.ts';
import type { SessionsSource } from '../../ports/sessions.ts';

const check = 'BGP routes';
const hint =
  'the next hop is neither the BGP address of a node nor a peer: calicoctl get nodes -o wide and calico-agent peers show both; another address of a router is fine';

/** Routes that cannot be read, or a datastore that cannot, are said elsewhere. */
export async function diagnoseBgpRoutes(
  { bgpRoutes }: Pick<SessionsSource, 'bgpRoutes'>,
  { neighbours }: Pick<ExpectedCluster, 'neighbours'>,
): Promise<readonly Finding[]> {
  if (neighbours === undefined || bgpRoutes === undefined) return [];
  const read = await bgpRoutes();
  const found = judgeNextHops(
    read.flatMap((one) => (one.ok ? one.value : [])),
    neighbours,
  );
  const { routes, odd } = found;
  if (routes === 0) return [];
  if (odd.length > 0) {
    const message = `${String(odd.length)} of ${String(routes)} routes to pod blocks lead to unknown addresses: ${oddNextHopsText(found)}`;
    return [{ check, result: 'warning', message, hint }];
  }
  const message = `${String(routes)} routes to pod blocks, all by nodes and peers`;
  return [{ check, result: 'ok', message }];
}
