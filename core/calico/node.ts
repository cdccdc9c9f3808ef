/**
 * The settings of a Node that a NetworkConfig has, and their places in Calico. Sources:
 * libcalico-go/lib/apis/internalapi/node.go, libcalico-go/lib/backend/k8s/resources/node.go.
 */
import { keysOf } from '../keys-of.ts';
import { anyAsNumber } from './field.ts';

/**
 * The desired settings of a Node, which is patched and never replaced. A number or text: the
 * desired value. null: the agent removes it. Absent: it stays as it is.
 */
export interface NodeSettings {
  readonly asNumber?: number | null;
  readonly routeReflectorClusterID?: string | null;
  /**
   * The desired calico-agent/group.<hash> labels, sorted; the agent removes others of that form.
   */
  readonly groupLabels: readonly string[];
}

/** A setting with one value. */
export type NodeValue = Exclude<keyof NodeSettings, 'groupLabels'>;

interface NodeField<T> {
  /** The annotation of Kubernetes' core Node. */
  readonly annotation: string;
  /** The path in Calico's own Node. */
  readonly path: readonly string[];
  /** Reads the value from either of the two; undefined for another form, which Calico ignores. */
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

/** The settings in the order in which plans show them. */
export const nodeValues: readonly NodeValue[] = keysOf(nodeFields);
