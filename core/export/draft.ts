/**
 * The content of the document before it becomes text. Each part knows the objects from which it
 * comes.
 */
import { sessionKey } from '../config/peer/session-settings.ts';
import type { PeerSettings } from '../config/model.ts';

export interface Draft {
  readonly bgp: BgpDraft;
  readonly pools: readonly PoolDraft[];
  readonly groups: readonly GroupDraft[];
}

export interface BgpDraft {
  readonly settings: BgpSettings;
  readonly peering?: 'per-node';
  /** Every node has them. */
  readonly peers: readonly PeerDraft[];
}

/** The family follows from the address. */
export interface PeerDraft extends Omit<PeerSettings, 'family'> {
  readonly from: readonly Origin[];
}

export type Scalar = string | number | boolean;

/** The settings by their names in `bgp:`. */
export type BgpSettings = Readonly<Record<string, Scalar | readonly Scalar[]>>;

export interface PoolDraft {
  readonly name: string;
  readonly fields: Readonly<Record<string, Scalar>>;
  readonly from: Origin;
}

export interface GroupDraft {
  readonly name: string;
  readonly comments: readonly string[];
  readonly match: { readonly nodes: readonly string[] } | { readonly selector: string };
  readonly label?: string;
  readonly asNumber?: number;
  readonly routeReflectorClusterId?: string;
  readonly peers: readonly PeerDraft[];
}

/** An object of the cluster. */
export interface Origin {
  readonly kind: string;
  readonly name: string;
  /**
   * The object's tie to us, by which a document without it changes it: our marks, or a selector
   * with a label of ours.
   */
  readonly tie: 'marks' | 'label' | 'none';
}

/** Each peer once, with all that it comes from, in a stable order. */
export function gathered(peers: readonly PeerDraft[]): readonly PeerDraft[] {
  const found = new Map<string, { readonly peer: PeerDraft; readonly from: Origin[] }>();
  for (const peer of peers) {
    const known = found.get(sessionKey(peer));
    if (known === undefined) found.set(sessionKey(peer), { peer, from: [...peer.from] });
    else known.from.push(...peer.from);
  }
  return [...found]
    .sort(([one], [other]) => byNumbers(one, other))
    .map(([, { peer, from }]) => ({ ...peer, from }));
}

/** Sorts texts with numbers as people do: node-2 before node-10. */
export function byNumbers(one: string, other: string): number {
  const [left, right] = [padded(one), padded(other)];
  if (left !== right) return left < right ? -1 : 1;
  return one === other ? 0 : one < other ? -1 : 1;
}

function padded(text: string): string {
  return text.replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'));
}
