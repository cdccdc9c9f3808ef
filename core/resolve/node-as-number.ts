import type { NetworkModel } from '../config/model.ts';
import type { Reason, Resolution } from './resolution.ts';

export interface NodeAsNumber {
  readonly value: number;
  readonly reasons: readonly Reason[];
}

/**
 * The AS number for the Node itself; undefined: that of BGPConfiguration is enough. As soon as any
 * rule gives one to some nodes, every node gets its own from a rule or the global value: with the
 * mesh on, Calico renders a mesh peer that has none with the viewing node's number
 * (confd/etc/calico/confd/templates/bird.cfg.template). No number is invented: where the global one
 * is not managed, only the cluster knows it. Decided from the model alone, so that every agent
 * decides alike.
 */
export function nodeAsNumber(
  model: NetworkModel,
  { asNumber }: Resolution,
): NodeAsNumber | undefined {
  const isExplicit = model.groups.some((group) => group.asNumber !== undefined);
  if (!isExplicit || asNumber === undefined) return undefined;
  return { value: asNumber.value, reasons: [asNumber.reason] };
}
