/** The rights that the driver needs: the ClusterRole and the Role in docs/kubernetes.md. */
import type { CalicoApi } from '../calico-api.ts';
import { leaseName } from '../lease-object.ts';

export interface NeededRight {
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly namespace?: string;
  readonly name?: string;
}

const written = ['get', 'list', 'watch', 'create', 'patch'];

export function neededRights(api: CalicoApi, namespace: string): readonly NeededRight[] {
  const group = api.group.split('/')[0] ?? '';
  const lease = { group: 'coordination.k8s.io', resource: 'leases', namespace };
  return [
    ...all([...written, 'delete'], { group, resource: 'bgppeers' }),
    ...all([...written, 'delete'], { group, resource: 'ippools' }),
    ...all(written, { group, resource: 'bgpconfigurations' }),
    { group, resource: 'clusterinformations', verb: 'get' },
    ...(api.has('BGPFilter') ? all(['list'], { group, resource: 'bgpfilters' }) : []),
    { group, resource: 'felixconfigurations', verb: 'list' },
    ...drainingRights(api),
    ...(api.nodeStatusesPath === undefined
      ? []
      : all(['get', 'list', 'create', 'delete'], { group, resource: 'caliconodestatuses' })),
    ...all(['get', 'list', 'watch', 'patch'], { group: '', resource: 'nodes' }),
    ...all(['create'], lease),
    ...all(['get', 'list', 'watch', 'patch'], { ...lease, name: leaseName }),
  ];
}

/** The rights to read a pool's blocks, and to release them when the pool is deleted. */
export function drainingRights({
  blocksPath,
  affinitiesPath,
}: Pick<CalicoApi, 'blocksPath' | 'affinitiesPath'>): readonly NeededRight[] {
  const verbs = ['list', 'patch', 'delete'];
  return [blocksPath, affinitiesPath].flatMap((path) => {
    const [, , group, , resource] = path?.split('/') ?? [];
    return group === undefined || resource === undefined ? [] : all(verbs, { group, resource });
  });
}

function all(verbs: readonly string[], right: Omit<NeededRight, 'verb'>): readonly NeededRight[] {
  return verbs.map((verb) => ({ ...right, verb }));
}
