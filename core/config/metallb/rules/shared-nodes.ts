/**
 * Peers that run in one FRR, because they have a node in common [internal/config/validation.go
 * peersCanRunOnSameNode]. MetalLB's native mode has a session of its own for each.
 */
import { describePlace, type Findings } from '../../../findings.ts';
import { haveNodeInCommon, type NodeLabels } from '../nodes-in-common.ts';
import { placeAt, type Item, type MetalLbPeerSpec, type MetalLbSettings } from '../settings.ts';

type PeerItem = Item<MetalLbPeerSpec>;

/** @param nodes absent: only what holds for any nodes */
export function checkSharedNodes(
  { peers, bgpMode }: MetalLbSettings,
  nodes: readonly NodeLabels[] | undefined,
  findings: Findings,
): void {
  if (bgpMode?.value === 'native') return;
  const reported = new Set<string>();
  for (const [index, peer] of peers.entries()) {
    for (const before of peers.slice(0, index)) {
      for (const { field, what, hint } of differences(before, peer)) {
        const key = `${String(index)} ${field}`;
        if (reported.has(key)) continue;
        if (!haveNodeInCommon(before.spec.nodeSelectors, peer.spec.nodeSelectors, nodes)) break;
        reported.add(key);
        const message = `peers "${before.name}" (${describePlace(before.place)}) and "${peer.name}" run on the same node, and ${what}`;
        findings.error(placeAt(peer, field), 'metallb-peers-share-node', message, hint);
      }
    }
  }
}

interface Difference {
  readonly field: keyof MetalLbPeerSpec;
  readonly what: string;
  readonly hint: string;
}

function differences({ spec: one }: PeerItem, { spec: other }: PeerItem): readonly Difference[] {
  const found: Difference[] = [];
  const ofVrf = one.vrf === undefined ? '' : ` of VRF ${one.vrf}`;
  if (one.routerID !== other.routerID) {
    const what = `have different router IDs: ${one.routerID ?? 'none'} and ${other.routerID ?? 'none'}`;
    found.push({
      field: 'routerID',
      what,
      hint: 'a node has one: give both peers the same routerID',
    });
  }
  if (one.vrf !== other.vrf) return found;
  const neighbour = one.peerAddress ?? one.interface;
  if (neighbour !== undefined && neighbour === (other.peerAddress ?? other.interface)) {
    const what = `are both for ${neighbour}${ofVrf}`;
    const hint = 'take one away, or choose other nodes with nodeSelectors';
    found.push({ field: 'peerAddress', what, hint });
  }
  if (one.myASN !== undefined && other.myASN !== undefined && one.myASN !== other.myASN) {
    const what = `have different AS numbers${ofVrf}: myASN ${one.myASN} and ${other.myASN}`;
    const hint = 'a node has one: take the same myASN, and localASN for the other number';
    found.push({ field: 'myASN', what, hint });
  }
  return found;
}
