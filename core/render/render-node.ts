import type { NetworkModel } from '../config/model.ts';
import { nodeAsNumber } from '../resolve/node-as-number.ts';
import type { Reason, Resolution } from '../resolve/resolution.ts';
import type { DesiredNode } from './desired.ts';
import type { GroupLabel } from './group-labels.ts';

/**
 * The desired settings of a Node: null removes a managed setting without a rule; an absent one
 * stays as it is.
 */
export function renderNode(
  model: NetworkModel,
  resolution: Resolution,
  labels: readonly GroupLabel[],
): DesiredNode {
  const asNumber = setting(
    nodeAsNumber(model, resolution),
    model.managesNode.asNumber,
    'no rule gives the node an AS number',
  );
  const clusterId = setting(
    ownClusterId(resolution),
    model.managesNode.routeReflectorClusterId,
    'no rule makes the node a route reflector',
  );
  return {
    name: resolution.node,
    settings: {
      ...(asNumber === undefined ? {} : { asNumber: asNumber.value }),
      ...(clusterId === undefined ? {} : { routeReflectorClusterID: clusterId.value }),
      groupLabels: labels.map(({ label }) => label),
    },
    reasons: {
      ...(asNumber === undefined ? {} : { asNumber: asNumber.reasons }),
      ...(clusterId === undefined ? {} : { routeReflectorClusterID: clusterId.reasons }),
      ...(labels.length === 0 ? {} : { groupLabels: labels.flatMap(({ reasons }) => reasons) }),
    },
  };
}

interface Setting<T> {
  readonly value: T;
  readonly reasons: readonly Reason[];
}

function setting<T>(
  given: Setting<T> | undefined,
  isManaged: boolean,
  whyNone: string,
): Setting<T | null> | undefined {
  if (given !== undefined) return given;
  if (!isManaged) return undefined;
  return { value: null, reasons: [{ rule: whyNone, place: { pointer: '' } }] };
}

function ownClusterId({ routeReflectorClusterId }: Resolution): Setting<string> | undefined {
  if (routeReflectorClusterId === undefined) return undefined;
  const { value, reason } = routeReflectorClusterId;
  return { value, reasons: [reason] };
}
