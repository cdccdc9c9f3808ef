/**
 * Finds out which of Calico's two APIs this server has. If it has both, Calico itself works with
 * crd.projectcalico.org/v1 unless CALICO_API_GROUP names the other one
 * (libcalico-go/lib/backend/k8s/k8s.go), and so do we: each stores its own objects.
 */
import { pathPart } from '../../../core/input/path-part.ts';
import type { ResourceKind } from '../../../core/calico/resource.ts';
import { listAt, textAt } from '../../../core/input/plain-data.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';

export const apiGroups = ['crd.projectcalico.org/v1', 'projectcalico.org/v3'] as const;
export type ApiGroup = (typeof apiGroups)[number];

export type CalicoKind = ResourceKind | 'BGPFilter';

const plurals: Readonly<Record<CalicoKind, string>> = {
  BGPPeer: 'bgppeers',
  BGPConfiguration: 'bgpconfigurations',
  IPPool: 'ippools',
  BGPFilter: 'bgpfilters',
};
const blocks = 'ipamblocks';
const affinities = 'blockaffinities';
const nodeStatuses = 'caliconodestatuses';

export interface CalicoApi {
  readonly group: ApiGroup;
  /** All groups of the server, with the plural names of their kinds. */
  readonly found: ReadonlyMap<ApiGroup, ReadonlySet<string>>;
  has(kind: CalicoKind): boolean;
  path(kind: CalicoKind, name?: string): string;
  /** Path of IPAM's blocks, which may be in another group; absent: the server has none. */
  readonly blocksPath?: string;
  /** Path of the nodes' claims to blocks, in the same group; absent: the server has none. */
  readonly affinitiesPath?: string;
  /** Path of the reports of calico-node; absent: this release of Calico has no such kind. */
  readonly nodeStatusesPath?: string;
}

export async function discoverCalicoApi(
  client: KubernetesClient,
  chosen: ApiGroup | undefined,
): Promise<CalicoApi> {
  const looked = await Promise.all(
    apiGroups.map(async (group) => [group, await kindsOf(client, group)] as const),
  );
  const found = new Map(
    looked.flatMap(([group, kinds]) => (kinds.has(plurals.BGPPeer) ? [[group, kinds]] : [])),
  );
  const group = chosen ?? apiGroups.find((known) => found.has(known));
  if (group === undefined || !found.has(group)) throw missing(group ?? apiGroups.join(' or '));
  const inBlocks = looked.find(([, kinds]) => kinds.has(blocks))?.[0];
  const inAffinities = looked.find(([, kinds]) => kinds.has(affinities))?.[0];
  return {
    group,
    found,
    has: (kind) => found.get(group)?.has(plurals[kind]) ?? false,
    path: (kind, name) => {
      const collection = `/apis/${group}/${plurals[kind]}`;
      return name === undefined ? collection : `${collection}/${pathPart(name)}`;
    },
    ...(found.get(group)?.has(nodeStatuses) === true && {
      nodeStatusesPath: `/apis/${group}/${nodeStatuses}`,
    }),
    ...(inBlocks !== undefined && { blocksPath: `/apis/${inBlocks}/${blocks}` }),
    ...(inAffinities !== undefined && { affinitiesPath: `/apis/${inAffinities}/${affinities}` }),
  };
}

/** The group that settings ask for, else that of the environment; ignores other values there. */
export function wantedGroup(
  setting: ApiGroup | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): ApiGroup | undefined {
  return setting ?? apiGroups.find((group) => group === environment['CALICO_API_GROUP']);
}

async function kindsOf(client: KubernetesClient, group: ApiGroup): Promise<ReadonlySet<string>> {
  const answer = await client.find(`read what ${group} has`, `/apis/${group}`);
  return new Set(listAt(answer, 'resources').map((one) => textAt(one, 'name') ?? ''));
}

function missing(group: string): AppError {
  return new AppError(
    'datastore-failed',
    `cannot find Calico in this cluster: the API server has no BGPPeer in ${group}; install Calico's CRDs, or check apiGroup and CALICO_API_GROUP`,
    { retryable: true },
  );
}
