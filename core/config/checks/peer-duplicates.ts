/** The same peer twice in one list. */
import { describePlace, type Findings } from '../schema/findings.ts';
import type { NetworkModel, Peer } from '../model.ts';
import { sessionKey } from '../../calico/bgp-peer.ts';

export function checkPeerDuplicates(
  { bgp, groups }: Pick<NetworkModel, 'bgp' | 'groups'>,
  findings: Findings,
): void {
  for (const list of [bgp.peers, ...groups.map(({ peers }) => peers)]) checkList(list, findings);
}

function checkList(list: readonly Peer[], findings: Findings): void {
  const seen = new Map<string, Peer>();
  for (const peer of list) {
    const key = sessionKey(peer);
    const before = seen.get(key);
    if (before === undefined) {
      seen.set(key, peer);
      continue;
    }
    const message = `peer ${peer.address} is in the list twice: already ${describePlace(before.place)}`;
    findings.warning(peer.place, 'peer-duplicate', message, 'take one of them away');
  }
}
