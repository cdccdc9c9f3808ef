/**
 * What a NetworkConfig sets of a Node, and where Calico keeps it. Sources:
 * libcalico-go/lib/apis/internalapi/node.go, libcalico-go/lib/backend/k8s/resources/node.go.
 */
import { keysOf } from '../keys-of.ts';
import { anyAsNumber } from './field.ts';

/**
 * What becomes of a Node: patched, never replaced. A number or string: to be so. null: to be
 * taken away. Absent: left as it is.
 */
export interface NodeSettings {
  readonly asNumber?: number | null;
  readonly routeReflectorClusterID?: string | null;
  /** The calico-agent/group.<hash> labels to have; others of that form are taken away. Sorted. */
  readonly groupLabels: readonly string[];
}

/** A setting with one value. */
export type NodeValue = Exclude<keyof NodeSettings, 'groupLabels'>;

interface NodeField<T> {
  /** On Kubernetes' core Node. */
  readonly annotation: string;
  /** In the document of Calico's own Node. */
  readonly path: readonly string[];
  /** As either of the two has it; what is of another form, Calico ignores. */
  readonly read: (value: unknown) => T | undefined;
}

export const nodeFields: {
  readonly [K in NodeValue]: NodeField<NonNullable<NodeSettings[K]>>;
} = {
  asNumber: {
    annotation: 'projectcalico.org/ASNumber',
    path: ['spec', 'bgp', 'asNumber'],
    read: anyAsNumber,
  },
  routeReflectorClusterID: {
    annotation: 'projectcalico.org/RouteReflectorClusterID',
    path: ['spec', 'bgp', 'routeReflectorClusterID'],
    read: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
  },
};

/** In the order in which changes of a Node are shown. */
export const nodeValues: readonly NodeValue[] = keysOf(nodeFields);
