/**
 * Finds settings that the calico charm on the same machine writes as well, and the options that it
 * needs so that both programs do not overwrite each other. Its options cannot be read from here,
 * but its writes can. The rule and its reasons: docs/decisions/0010-charm.md.
 */
import { isFor } from '../plan/target-of.ts';
import type { Change, AnyPlan } from '../plan/plan.ts';
import type { Observed } from '../observe/observed.ts';
import { neighbourOf } from '../calico/neighbour.ts';
import { peerKey } from '../config/peer/neighbour.ts';
import type { BGPPeer } from '../calico/resource.ts';
import {
  meshOption,
  peersFirst,
  reflectorOption,
  type CharmDemand,
  type DerivedHere,
} from './peers-first.ts';
import type { Resolution } from '../resolve/resolution.ts';

export interface CharmConflicts {
  /**
   * Options to set last: with them, sessions of the charm's mesh would end before our peers are
   * there.
   */
  readonly peersFirst: readonly CharmDemand[];
  /** Options to change before a configuration is applied, because the charm would undo it. */
  readonly before: readonly CharmDemand[];
  /** Options to change when it is in force, because the charm's peers are the agent's by then. */
  readonly after: readonly CharmDemand[];
}

export interface BesideCharm {
  /** The application of the charm's units, as `calico`. */
  readonly application: string;
  readonly poolsHandedOver: boolean;
  readonly plan: AnyPlan;
  readonly observed: Observed;
  readonly derived: DerivedHere;
}

export function findCharmConflicts(beside: BesideCharm): CharmConflicts {
  const { plan, observed, derived, application } = beside;
  const changes = plan.steps
    .flatMap((step) => step.changes)
    .filter((change) => isFor('calico', change));
  const peers = charmPeers(observed, application, derived.resolution.node);
  return {
    peersFirst: peersFirst(changes, observed, derived),
    before: [
      ...poolDemands(beside),
      ...unique(changes.flatMap(globalDemands)),
      ...unique(changes.flatMap((change) => nodeDemands(change, observed))),
      ...(peers.some((peer) => contradicts(peer, derived.resolution)) ? peerDemands('') : []),
    ],
    after: peers.length === 0 ? [] : peerDemands('empty'),
  };
}

/**
 * With manage-pools the charm deletes every pool that it does not know, without any earlier sign.
 */
function poolDemands({ poolsHandedOver, derived }: BesideCharm): readonly CharmDemand[] {
  const { resources, unknownPools } = derived.desired;
  const managesPools =
    resources.some(({ resource }) => resource.kind === 'IPPool') ||
    unknownPools === 'delete' ||
    unknownPools === 'delete-in-use';
  return managesPools && !poolsHandedOver ? [{ option: 'manage-pools', value: 'false' }] : [];
}

/** Source: charm-calico, src/charm.py: it always writes these. */
const globalOptions: Readonly<Record<string, string>> = {
  'spec.asNumber': 'global-as-number',
  'spec.nodeToNodeMeshEnabled': meshOption,
  'spec.serviceClusterIPs': 'bgp-service-cluster-ips',
  'spec.serviceExternalIPs': 'bgp-service-external-ips',
  'spec.serviceLoadBalancerIPs': 'bgp-service-loadbalancer-ips',
};

function globalDemands(change: Change): readonly CharmDemand[] {
  if (change.action !== 'update' || change.resource.kind !== 'BGPConfiguration') return [];
  return change.fields.flatMap(({ path, after }) => {
    const option = globalOptions[path];
    return option === undefined ? [] : [{ option, value: optionText(after) }];
  });
}

function optionText(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  const cidrs = value.map((one: unknown) =>
    typeof one === 'object' && one !== null && 'cidr' in one ? String(one.cidr) : '',
  );
  return `'${cidrs.join(' ')}'`;
}

/**
 * A node's own values come from one of three options by rules; only the operator knows which one.
 */
function nodeDemands(change: Change, { nodes }: Observed): readonly CharmDemand[] {
  if (change.action !== 'patch-node') return [];
  const isThere = nodes.some(({ name, exists }) => name === change.node && exists !== false);
  if (!isThere) return [];
  return change.fields.flatMap(({ path }): readonly CharmDemand[] => {
    if (path === 'asNumber')
      return [{ option: 'subnet-as-numbers' }, { option: 'unit-as-numbers' }];
    return path === 'routeReflectorClusterID' ? [{ option: reflectorOption }] : [];
  });
}

/** The charm names its peers `<unit>-<address>-<AS number>`, each for its own host. */
function charmPeers(observed: Observed, application: string, node: string): readonly BGPPeer[] {
  const isCharms = (name: string): boolean =>
    name.startsWith(`${application}-`) && /^\d+-/.test(name.slice(application.length + 1));
  return observed.resources.flatMap(({ resource, owner }) =>
    resource.kind === 'BGPPeer' &&
    owner === undefined &&
    resource.spec.node === node &&
    isCharms(resource.metadata.name)
      ? [resource]
      : [],
  );
}

/**
 * Whether the peer is for the same neighbour with another AS number: Calico would take one of the
 * two, undefined which.
 */
function contradicts(theirs: BGPPeer, { peers }: Resolution): boolean {
  return peers.some(
    (ours) => peerKey(ours) === neighbourOf(theirs) && ours.asNumber !== theirs.spec.asNumber,
  );
}

function peerDemands(how: 'empty' | ''): readonly CharmDemand[] {
  const demand = (option: string, empty: string): CharmDemand =>
    how === 'empty' ? { option, value: `'${empty}'` } : { option };
  return [
    demand('global-bgp-peers', '[]'),
    demand('subnet-bgp-peers', '{}'),
    demand('unit-bgp-peers', '{}'),
  ];
}

function unique(demands: readonly CharmDemand[]): readonly CharmDemand[] {
  return demands.filter(
    ({ option }, index) => demands.findIndex((other) => other.option === option) === index,
  );
}

/**
 * The demands in one line, as far as possible as commands to paste.
 * @param own our application, on which pools-handed-over has to be set
 */
export function demandText(
  demands: readonly CharmDemand[],
  application: string,
  own: string,
): string {
  const valued = demands.filter(({ value }) => value !== undefined);
  const alike = demands.filter(({ value }) => value === undefined).map(({ option }) => option);
  const command = valued.map(({ option, value }) => `${option}=${value ?? ''}`).join(' ');
  const parts = [
    ...(command === '' ? [] : [`juju config ${application} ${command}`]),
    ...(alike.length === 0
      ? []
      : [`set these options to the same value on both charms: ${alike.join(', ')}`]),
    ...(demands.some(({ option }) => option === 'manage-pools')
      ? [`then juju config ${own} pools-handed-over=true`]
      : []),
  ];
  return `the charm ${application} sets the same: ${parts.join('; ')}${lastText(demands)}`;
}

/** Each unit knows only its own peers. */
function lastText(demands: readonly CharmDemand[]): string {
  const last = demands.filter(
    ({ option, value }) =>
      (option === meshOption && value === 'false') || option === reflectorOption,
  );
  if (last.length === 0) return '';
  const names = last.map(({ option }) => option).join(' and ');
  return `; ${names} only when no unit has peers to apply first`;
}
