/**
 * The model inside: what a NetworkConfig of either dialect means. Charm options are translated
 * into it. `undefined` means "not managed": it is left as it is in the cluster.
 */
import type { Issue, Place } from '../issue.ts';
import type { LxdSettings } from '../lxd/settings.ts';
import type { Selector } from './net/selector.ts';

/** A value and where it was written. */
export interface Sourced<T> {
  readonly value: T;
  readonly place: Place;
}

export type Family = 4 | 6;

/** A network in canonical form: host bits cleared, RFC 5952 for IPv6. */
export interface Network {
  readonly family: Family;
  /** The network address. */
  readonly address: string;
  readonly prefixLength: number;
  /** `address/prefixLength`. */
  readonly cidr: string;
}

/** A neighbour, and what a session with it is like: core/calico/bgp-peer.ts has the rest of it. */
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
  /** The pool as a whole; `places` has that of each field that was written. */
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

/** All kinds that are given must match; within one list one entry is enough. */
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
  /** How a reason names this rule to a person: `unit 0`, `subnet 10.0.0.0/24`, `group rack-0`. */
  readonly title: string;
  readonly match: Match;
  /** The end of the node label that stands for it alone. Absent: it follows from the match. */
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

/** What the reader of a dialect gives: everything of the model that could be read. */
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
  /** Which fields of Node the document manages: where no rule gives a value, it is taken away. */
  readonly managesNode: { readonly asNumber: boolean; readonly routeReflectorClusterId: boolean };
  /** For agents in the role lxd-host. */
  readonly lxd?: LxdSettings;
}
