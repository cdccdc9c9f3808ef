import type { NetworkModel } from '../config/model.ts';
import type { Reason, Resolution } from './resolution.ts';

/** api/pkg/apis/projectcalico/v3/bgpconfig.go */
const calicosDefault = 64512;

export interface NodeAsNumber {
  readonly value: number;
  readonly reasons: readonly Reason[];
}

/**
 * The AS number that a Node is to say for itself; undefined where BGPConfiguration's is enough.
 * As soon as any rule gives one to some nodes, every node says its own: with the mesh on, Calico
 * renders a mesh peer that has none with the viewing node's number
 * (confd/etc/calico/confd/templates/bird.cfg.template). Decided from the model alone, so that every
 * agent decides alike.
 */
export function nodeAsNumber(
  model: NetworkModel,
  { asNumber }: Resolution,
): NodeAsNumber | undefined {
  const ruled = model.groups.find((group) => group.asNumber !== undefined);
  if (ruled?.asNumber === undefined) return undefined;
  if (asNumber !== undefined) return { value: asNumber.value, reasons: [asNumber.reason] };
  const rule = "Calico's default, explicit because some nodes have an AS number of their own";
  return { value: calicosDefault, reasons: [{ rule, place: ruled.asNumber.place }] };
}
