/** The part of the fleet that matters for routes of one family. */
import type { Family, NetworkModel } from '../../config/model.ts';
import type { NodeFacts } from '../../facts/facts.ts';
import { fleetSessions, type FleetSessions } from '../session-map.ts';
import type { Resolution } from '../../resolve/resolution.ts';

export interface FamilyFleet {
  /** Nodes that have, or may have, an address of the family, with their peers of it. */
  readonly resolutions: readonly Resolution[];
  readonly sessions: FleetSessions;
}

const families = [4, 6] as const;

/**
 * The families of the pools; if these are not known, those of the peers, else those of the nodes.
 */
export function routedFamilies(
  { pools = [] }: NetworkModel,
  nodes: readonly NodeFacts[],
  resolutions: readonly Resolution[],
): readonly Family[] {
  const ofPools = pools.flatMap(({ disabled, network }) =>
    disabled === true ? [] : [network.family],
  );
  const ofPeers = resolutions.flatMap(({ peers }) => peers.map(({ family }) => family));
  const ofNodes = nodes.flatMap(({ addresses }) => addresses.map(({ family }) => family));
  const used = [ofPools, ofPeers, ofNodes].find((some) => some.length > 0) ?? [4];
  return families.filter((family) => used.includes(family));
}

export function familyFleet(
  model: NetworkModel,
  nodes: readonly NodeFacts[],
  resolutions: readonly Resolution[],
  family: Family,
): FamilyFleet {
  const known = nodes.flatMap((facts) => {
    const addresses = facts.addresses.filter((one) => one.family === family);
    return facts.addresses.length > 0 && addresses.length === 0 ? [] : [{ ...facts, addresses }];
  });
  const names = new Set(known.map(({ name }) => name));
  const ofFamily = resolutions
    .filter(({ node }) => names.has(node))
    .map((one) => ({ ...one, peers: one.peers.filter((peer) => peer.family === family) }));
  return { resolutions: ofFamily, sessions: fleetSessions(model, known, ofFamily) };
}
