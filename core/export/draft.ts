/** What the document is to say, before it is text. Each part knows the objects that it comes from. */

export interface Draft {
  readonly bgp: BgpDraft;
  readonly pools: readonly PoolDraft[];
  readonly groups: readonly GroupDraft[];
}

export interface BgpDraft {
  readonly asNumber?: number;
  readonly nodeToNodeMesh?: boolean;
  readonly listenPort?: number;
  readonly peering?: 'per-node';
  readonly serviceClusterIPs?: readonly string[];
  readonly serviceExternalIPs?: readonly string[];
  readonly serviceLoadBalancerIPs?: readonly string[];
  /** Of every node. */
  readonly peers: readonly PeerDraft[];
}

export interface PeerDraft {
  readonly address: string;
  readonly port?: number;
  readonly asNumber: number;
  readonly from: readonly Origin[];
}

export interface PoolDraft {
  readonly name: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
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
   * What ties it to us, so that it is not left alone where it is left out of the document: our
   * marks; or that it chooses nodes by a label of ours.
   */
  readonly tie: 'marks' | 'label' | 'none';
}

/** The same for peers that are one session with one AS number. */
export function peerText({ address, port, asNumber }: Omit<PeerDraft, 'from'>): string {
  return [address, port ?? '', asNumber].join(' ');
}

/** Each peer once, with all that it comes from, in a stable order. */
export function gathered(peers: readonly PeerDraft[]): readonly PeerDraft[] {
  const found = new Map<string, { readonly peer: PeerDraft; readonly from: Origin[] }>();
  for (const peer of peers) {
    const known = found.get(peerText(peer));
    if (known === undefined) found.set(peerText(peer), { peer, from: [...peer.from] });
    else known.from.push(...peer.from);
  }
  return [...found]
    .sort(([one], [other]) => byNumbers(one, other))
    .map(([, { peer, from }]) => ({ ...peer, from }));
}

/** As people sort: node-2 before node-10. */
export function byNumbers(one: string, other: string): number {
  const [left, right] = [padded(one), padded(other)];
  if (left !== right) return left < right ? -1 : 1;
  return one === other ? 0 : one < other ? -1 : 1;
}

function padded(text: string): string {
  return text.replaceAll(/\d+/g, (digits) => digits.padStart(12, '0'));
}
