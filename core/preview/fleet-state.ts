/**
 * The state of a fleet under a configuration: its resources, and its nodes with their effective
 * values. A setting that the configuration does not give stays as it was.
 */
import type { NodeSettings, NodeValue } from '../calico/node.ts';
import type { Bgp, NetworkModel } from '../config/model.ts';
import type { NodeFacts } from '../facts/facts.ts';
import type { Desired, DesiredNode } from '../render/desired.ts';
import { render } from '../render/render.ts';
import { resolveNode } from '../resolve/resolve-node.ts';
import type { Decided, Reason, Resolution } from '../resolve/resolution.ts';
import { compileRules } from '../resolve/rules.ts';
import { withoutUndefined } from '../without-undefined.ts';

export interface FleetState {
  /** As parsed. */
  readonly given: NetworkModel;
  /** With the settings of BGP that stay. */
  readonly model: NetworkModel;
  /** As the configuration resolves them, for checks. */
  readonly resolved: readonly Resolution[];
  readonly nodes: readonly NodeState[];
  readonly desired: Desired;
}

export interface NodeState {
  readonly facts: NodeFacts;
  /** With the effective AS number and cluster ID. */
  readonly resolution: Resolution;
  /** The settings of the Node object after the configuration. */
  readonly settings: NodeSettings;
  readonly reasons: DesiredNode['reasons'];
}

/** @param before the state that the configuration changes; absent: nothing is known of it */
export function fleetState(
  given: NetworkModel,
  facts: readonly NodeFacts[],
  before?: FleetState,
): FleetState {
  const rules = compileRules(given);
  const resolved = facts.map((one) => resolveNode(rules, one));
  const desired = render(given, resolved, { cluster: true });
  const model = { ...given, bgp: withKept(given.bgp, before?.model.bgp) };
  const wanted = new Map(desired.nodes.map((one) => [one.name, one] as const));
  const earlier = new Map(before?.nodes.map((one) => [one.facts.name, one] as const));
  const nodes = resolved.flatMap((resolution, index) => {
    const [own, node] = [facts[index], wanted.get(resolution.node)];
    if (own === undefined || node === undefined) return [];
    return [nodeState(model, resolution, own, node, earlier.get(own.name))];
  });
  return { given, model, resolved, nodes, desired };
}

/** An absent field of the BGPConfiguration is not managed, and stays. */
function withKept(after: Bgp, before: Bgp | undefined): Bgp {
  const { asNumber, nodeToNodeMesh, listenPort } = before ?? {};
  return { ...withoutUndefined({ asNumber, nodeToNodeMesh, listenPort }), ...after };
}

function nodeState(
  { bgp }: NetworkModel,
  resolution: Resolution,
  facts: NodeFacts,
  { settings, reasons }: DesiredNode,
  before: NodeState | undefined,
): NodeState {
  const { asNumber: _as, routeReflectorClusterId: _id, ...rest } = resolution;
  const after = withoutUndefined({
    asNumber: kept(settings, before?.settings, 'asNumber'),
    routeReflectorClusterID: kept(settings, before?.settings, 'routeReflectorClusterID'),
    groupLabels: settings.groupLabels,
  });
  const ofCluster = bgp.asNumber;
  const globally = ofCluster && { value: ofCluster.value, rule: 'global', place: ofCluster.place };
  const ownAs = decidedBy(after.asNumber, reasons['asNumber'], resolution.asNumber);
  const asNumber = ownAs ?? (globally && decided(globally.value, [globally]));
  const routeReflectorClusterId = decidedBy(
    after.routeReflectorClusterID,
    reasons['routeReflectorClusterID'],
    resolution.routeReflectorClusterId,
  );
  return {
    facts,
    resolution: { ...rest, ...withoutUndefined({ asNumber, routeReflectorClusterId }) },
    settings: after,
    reasons,
  };
}

/** An absent setting of a Node stays; null removes it. */
function kept<K extends NodeValue>(
  after: NodeSettings,
  before: NodeSettings | undefined,
  name: K,
): NonNullable<NodeSettings[K]> | undefined {
  const value = after[name] === undefined ? before?.[name] : after[name];
  return value ?? undefined;
}

function decidedBy<T extends number | string>(
  value: T | undefined,
  reasons: readonly Reason[] | undefined,
  resolved: Decided<T> | undefined,
): Decided<T> | undefined {
  if (value === undefined) return undefined;
  return resolved?.value === value ? resolved : decided(value, reasons ?? [stays]);
}

function decided<T>(value: T, [reason = stays]: readonly Reason[]): Decided<T> {
  const { rule, place } = reason;
  return { value, reason: { rule, place }, outranked: [] };
}

const stays: Reason = {
  rule: 'it stays as it was, because the configuration does not give it',
  place: { pointer: '' },
};
