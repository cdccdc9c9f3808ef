import type { CalicoResource, ResourceKind } from '../../../core/render/desired.ts';

/** The fields that we write, or take away by not writing them. */
const ourFields: Readonly<Record<ResourceKind, readonly string[]>> = {
  BGPPeer: ['node', 'nodeSelector', 'peerIP', 'asNumber'],
  BGPConfiguration: [
    'asNumber',
    'nodeToNodeMeshEnabled',
    'listenPort',
    'serviceClusterIPs',
    'serviceExternalIPs',
    'serviceLoadBalancerIPs',
  ],
  IPPool: [
    'cidr',
    'ipipMode',
    'vxlanMode',
    'natOutgoing',
    'blockSize',
    'nodeSelector',
    'disabled',
    'assignmentMode',
  ],
};

/** What else a person wrote into the same object stays: a logSeverityScreen, a label. */
export function keepForeignFields<T extends CalicoResource>(resource: T, current: unknown): T {
  const { spec, metadata } = asRecord(current);
  const foreign = Object.entries(asRecord(spec)).filter(
    ([name]) => !ourFields[resource.kind].includes(name),
  );
  const { labels, annotations } = asRecord(metadata);
  return {
    ...resource,
    metadata: {
      ...resource.metadata,
      ...merged('labels', labels, resource.metadata.labels),
      ...merged('annotations', annotations, resource.metadata.annotations),
    },
    spec: { ...Object.fromEntries(foreign), ...resource.spec },
  };
}

function merged(
  field: 'labels' | 'annotations',
  current: unknown,
  ours: Readonly<Record<string, string>> | undefined,
): { readonly [field: string]: Readonly<Record<string, unknown>> } {
  const all = { ...asRecord(current), ...ours };
  return Object.keys(all).length === 0 ? {} : { [field]: all };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
