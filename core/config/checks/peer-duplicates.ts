/** Finds a peer that is twice in one list. */
import { describePlace, type Findings } from '../../findings.ts';
import type { NetworkModel, Peer } from '../model.ts';
import { sessionKey } from '../peer/session-settings.ts';

export function checkPeerDuplicates(
  { bgp, groups }: Pick<NetworkModel, 'bgp' | 'groups'>,
  findings: Findings,
): void {
  for (const list of [bgp.peers, ...groups.map(({ peers }) => peers)]) checkList(list, findings);
}

function checkList(list: readonly Peer[], findings: Findings): void {
  const known = new Map<string, Peer>();
  for (const peer of list) {
    const key = sessionKey(peer);
    const before = known.get(key);
    if (before === undefined) {
      known.set(key, peer);
      continue;
    }
    const message = `peer ${peer.address} is in the list twice: already ${describePlace(before.place)}`;
    findings.warning(peer.place, 'peer-duplicate', message, 'take one of them away');
  }
}
