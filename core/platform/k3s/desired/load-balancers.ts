/**
 * ServiceLB and MetalLB overwrite each other's addresses in the statuses of services, so only one of them may answer.
 * When K3s stops ServiceLB it deletes its DaemonSets and leaves the addresses, where kube-proxy answers for them until
 * MetalLB writes its own. Sources: k3s pkg/cloudprovider/cloudprovider.go, deleteAllDaemonsets; docs.k3s.io
 * networking/basic-network-options.
 */
import { nameSome } from '../../../name-some.ts';
import type {
  LoadBalancerKind,
  LoadBalancerService,
  ObservedLoadBalancers,
} from '../../cluster/observed-cluster.ts';
import type { PlatformWaits } from '../../desired-platform.ts';

const names = { servicelb: 'ServiceLB', metallb: 'MetalLB' } as const;

/** @param isSwitching K3s has to be restarted for it */
export function loadBalancerWaits(
  wanted: LoadBalancerKind,
  { services, serviceLb, metalLb }: ObservedLoadBalancers,
  isSwitching: boolean,
): PlatformWaits {
  const pools = metalLb?.pools ?? [];
  const { daemonSets } = serviceLb;
  // Also before the restart: in the same change MetalLB gets its pools after it.
  const isLeft = wanted === 'metallb' && daemonSets > 0;
  const open = services.filter((service) => !isAnswered(service, wanted));
  const who = nameSome(open.map(({ namespace, name }) => `${namespace}/${name}`));
  return {
    ...(isSwitching &&
      pools.length > 0 && {
        before: `MetalLB has no address pools, because both would answer (now: ${nameSome(pools.map(({ name }) => name))})`,
      }),
    ...(isLeft && { between: `ServiceLB has no DaemonSets any more (now: ${String(daemonSets)})` }),
    ...(open.length > 0 && { after: `${names[wanted]} answers for ${who}` }),
  };
}

/**
 * Services with a class of their own belong to another program. One without an address may be new, or there is none
 * left for it: neither holds a change up.
 */
function isAnswered(
  { loadBalancerClass, addresses, answeredBy }: LoadBalancerService,
  wanted: LoadBalancerKind,
): boolean {
  if (loadBalancerClass !== undefined || addresses.length === 0) return true;
  return answeredBy.length === 1 && answeredBy[0] === wanted;
}
