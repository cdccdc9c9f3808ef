/** The result of a configuration for one node, with the reason of every value. */
import type { PeerSettings } from '../config/model.ts';
import type { Issue, Place } from '../issue.ts';

/** Issue code: rules go by subnet, and no address of the node is known. */
export const addressUnknown = 'address-unknown';
/** Issue code: the mesh is off, and the node has no peer of its own. */
export const nodeWithoutPeers = 'node-without-peers';

/** The reason of a value: its rule, and the rule's place. */
export interface Reason {
  /** `unit 0`, `subnet 10.0.0.0/24`, `group rack-0`, `global`, … */
  readonly rule: string;
  readonly place: Place;
}

export interface Decided<T> {
  readonly value: T;
  readonly reason: Reason;
  /** Rules that also match and give another value, but rank lower. */
  readonly outranked: readonly Reason[];
}

export interface ResolvedPeer extends PeerSettings {
  /** Every rule that asks for this peer. */
  readonly reasons: readonly Reason[];
}

export interface Resolution {
  readonly node: string;
  /** The names of the groups that it matches, in the model's order. */
  readonly groups: readonly string[];
  /** From a rule for this node, its subnet or all nodes; absent: the document gives none. */
  readonly asNumber?: Decided<number>;
  readonly routeReflectorClusterId?: Decided<string>;
  /** Sorted by address and port; the node itself is left out, with a note. */
  readonly peers: readonly ResolvedPeer[];
  /** Ties and conflicts are errors, with `node` set. */
  readonly issues: readonly Issue[];
}
