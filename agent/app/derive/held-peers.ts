/** The sessions that a node can have before the cluster-wide resources come into force. */
import { peerKey } from '../../../core/config/peer/neighbour.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import { isOwnShare } from './later-share.ts';

export interface HeldPeers {
  /** The neighbours, as peerKey, whose session stays as it is by the newest plan. */
  note(desired: Derived['desired'], neighbours: readonly string[]): void;
  /** The configuration with the peers that can be expected now, and without a statement about the mesh. */
  expected(derived: Derived): Derived;
}

export function createHeldPeers(): HeldPeers {
  const held = new WeakMap<Derived['desired'], ReadonlySet<string>>();
  return {
    note: (desired, neighbours) => {
      held.set(desired, new Set(neighbours));
    },
    expected: (derived) => {
      const { desired, resolution } = derived;
      if (!isOwnShare(derived)) return derived;
      const known = held.get(desired);
      // Before the first plan nobody knows which of them the node has.
      const peers = resolution.peers.filter((peer) => known?.has(peerKey(peer)) === false);
      const resources = desired.resources.filter(({ scope }) => scope.kind === 'node');
      return {
        ...derived,
        resolution: { ...resolution, peers },
        desired: { ...desired, resources },
      };
    },
  };
}
