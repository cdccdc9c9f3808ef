/**
 * Peers that run in one FRR, because they have a node in common [internal/config/validation.go
 * peersCanRunOnSameNode]. MetalLB's native mode has a session of its own for each.
 */
import { describePlace, type Findings } from '../../../findings.ts';
import { createNodeChoices, type NodeLabels } from '../nodes-in-common.ts';
import { placeAt, type MetalLbPeerSpec, type MetalLbSettings } from '../settings.ts';

/** @param nodes absent: only what holds for any nodes */
export function checkSharedNodes(
  { peers, bgpMode }: MetalLbSettings,
  nodes: readonly NodeLabels[] | undefined,
  findings: Findings,
): void {
  if (bgpMode?.value === 'native') return;
  const choices = createNodeChoices(nodes);
  for (const [index, peer] of peers.entries()) {
    const reported = new Set<string>();
    for (let earlier = 0; earlier < index && reported.size < differing.length; earlier += 1) {
      const before = peers[earlier];
      if (before === undefined) continue;
      const fields = differing.filter(
        ({ field, isDifferent }) => !reported.has(field) && isDifferent(before.spec, peer.spec),
      );
      if (fields.length === 0) continue;
      if (!choices.haveInCommon(before.spec.nodeSelectors, peer.spec.nodeSelectors)) continue;
      for (const { field, textOf } of fields) {
        reported.add(field);
        const [what, hint] = textOf(before.spec, peer.spec);
        const message = `peers "${before.name}" (${describePlace(before.place)}) and "${peer.name}" run on the same node, and ${what}`;
        findings.error(placeAt(peer, field), 'metallb-peers-share-node', message, hint);
      }
    }
  }
}

interface Differing {
  readonly field: keyof MetalLbPeerSpec;
  /** Cheap: it is asked for each pair of peers. */
  isDifferent(one: MetalLbPeerSpec, other: MetalLbPeerSpec): boolean;
  /** What differs, and a hint. */
  textOf(one: MetalLbPeerSpec, other: MetalLbPeerSpec): readonly [string, string];
}

const differing: readonly Differing[] = [
  {
    field: 'routerID',
    isDifferent: (one, other) => one.routerID !== other.routerID,
    textOf: (one, other) => [
      `have different router IDs: ${one.routerID ?? 'none'} and ${other.routerID ?? 'none'}`,
      'a node has one: give both peers the same routerID',
    ],
  },
  {
    field: 'peerAddress',
    isDifferent: (one, other) =>
      one.vrf === other.vrf &&
      neighbourOf(one) !== undefined &&
      neighbourOf(one) === neighbourOf(other),
    textOf: (one) => [
      `are both for ${neighbourOf(one) ?? ''}${ofVrf(one)}`,
      'take one away, or choose other nodes with nodeSelectors',
    ],
  },
  {
    field: 'myASN',
    isDifferent: (one, other) =>
      one.vrf === other.vrf &&
      one.myASN !== undefined &&
      other.myASN !== undefined &&
      one.myASN !== other.myASN,
    textOf: (one, other) => [
      `have different AS numbers${ofVrf(one)}: myASN ${String(one.myASN)} and ${String(other.myASN)}`,
      'a node has one: take the same myASN, and localASN for the other number',
    ],
  },
];

function neighbourOf({ peerAddress, interface: link }: MetalLbPeerSpec): string | undefined {
  return peerAddress ?? link;
}

function ofVrf({ vrf }: MetalLbPeerSpec): string {
  return vrf === undefined ? '' : ` of VRF ${vrf}`;
}
