/**
 * The model of a NetworkConfig, for both dialects. `undefined` means "not managed": the agent
 * leaves this setting of the cluster as it is.
 */
import type { Issue, Place } from '../issue.ts';
import type { CloudSettings } from '../cloud/settings.ts';
import type { ImagesSettings } from './images/settings.ts';
import type { LxdSettings } from '../lxd/settings.ts';
import type { MetalLbSettings } from './metallb/settings.ts';
import type { PlatformSettings } from './platform/platform-settings.ts';
import type { Family, Network, Sourced } from './sourced.ts';
import type { Selector } from './net/selector.ts';

export type { Family, Network, Sourced };

/** A neighbour, and the settings of the session with it. core/calico/bgp-peer.ts has the others. */
export interface PeerSettings {
  /** Canonical, without port or brackets. */
  readonly address: string;
  readonly family: Family;
  /** Absent: 179. */
  readonly port?: number;
  readonly asNumber: number;
}

export interface Peer extends PeerSettings {
  readonly place: Place;
}

export type Mode = 'Always' | 'CrossSubnet' | 'Never';

export interface Pool {
  readonly name: string;
  readonly network: Network;
  readonly ipip: Mode;
  readonly vxlan: Mode;
  readonly natOutgoing: boolean;
  /** Absent: Calico's default (26, or 122 for IPv6) where the pool is new, else as it is. */
  readonly blockSize?: number;
  readonly nodeSelector?: string;
  readonly disabled?: boolean;
  readonly assignmentMode?: 'Automatic' | 'Manual';
  /** The place of the whole pool; `places` has that of each field. */
  readonly place: Place;
  readonly places: Readonly<Partial<Record<PoolField, Place>>>;
}

export type PoolField =
  | 'name'
  | 'cidr'
  | 'ipip'
  | 'vxlan'
  | 'natOutgoing'
  | 'blockSize'
  | 'nodeSelector'
  | 'disabled'
  | 'assignmentMode';

export type Peering = 'selectors' | 'per-node';

export interface Bgp {
  readonly asNumber?: Sourced<number>;
  readonly nodeToNodeMesh?: Sourced<boolean>;
  readonly listenPort?: Sourced<number>;
  readonly peering?: Sourced<Peering>;
  /** Every node has them. */
  readonly peers: readonly Peer[];
  /** Absent: not managed. Empty: nothing is advertised. */
  readonly serviceClusterIPs?: Sourced<readonly Sourced<Network>[]>;
  readonly serviceExternalIPs?: Sourced<readonly Sourced<Network>[]>;
  readonly serviceLoadBalancerIPs?: Sourced<readonly Sourced<Network>[]>;
}

/** All given kinds must match; within one list one matching entry is enough. */
export interface Match {
  readonly subnets?: readonly Sourced<Network>[];
  /** Whole unit names: calico/0. */
  readonly units?: readonly Sourced<string>[];
  readonly nodes?: readonly Sourced<string>[];
  readonly selector?: Sourced<Selector>;
}

/** Settings of the nodes that match. */
export interface Group {
  /** Unique within the model. */
  readonly name: string;
  /** The rule's name in reasons for people: `unit 0`, `subnet 10.0.0.0/24`, `group rack-0`. */
  readonly title: string;
  readonly match: Match;
  /**
   * The end of the node label that stands for this group only; absent: it follows from the match.
   */
  readonly label?: Sourced<string>;
  readonly asNumber?: Sourced<number>;
  readonly routeReflectorClusterId?: Sourced<string>;
  readonly peers: readonly Peer[];
  readonly place: Place;
}

/** A refused input has no model; the issues say why. */
export type ParsedConfig =
  | { readonly ok: true; readonly model: NetworkModel; readonly issues: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** The result of a dialect's reader: the parts of the model that could be read. */
export type NetworkDraft = Omit<NetworkModel, 'digest'>;

export interface NetworkModel {
  readonly dialect: 'charm' | 'native';
  /** `sha256:<hex>` over the RFC 8785 form of the parsed input, no defaults filled in. */
  readonly digest: string;
  readonly unitApplication: string;
  readonly bgp: Bgp;
  /** Absent: pools are not managed. */
  readonly pools?: readonly Pool[];
  readonly unknownPools: Sourced<'keep' | 'delete' | 'delete-in-use'>;
  readonly groups: readonly Group[];
  /**
   * The fields of Node that the document manages: if no rule gives a value, the agent removes it.
   */
  readonly managesNode: { readonly asNumber: boolean; readonly routeReflectorClusterId: boolean };
  /** For agents in the role lxd-host. */
  readonly lxd?: LxdSettings;
  /** For nodes. Absent: the platform's own files are not managed. */
  readonly platform?: PlatformSettings;
  /** Absent: MetalLB is not managed. */
  readonly metallb?: MetalLbSettings;
  /** For nodes. Absent: the agent leaves the machine's cloud alone. */
  readonly cloud?: CloudSettings;
  /** For the cluster. Absent: Calico's images are not managed. */
  readonly images?: ImagesSettings;
}
