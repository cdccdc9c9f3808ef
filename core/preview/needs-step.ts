/** The changes that a part of the fleet cannot make alone, for rollouts and for people. */
import type { SectionChange, Step } from '../../schemas/generated/fleet-preview.ts';
import type { NodeDifference, ResourceDifference } from './diff-node.ts';
import type { FleetState } from './fleet-state.ts';
import { shownNames } from './shown.ts';

export interface FleetDifference {
  readonly before: FleetState | undefined;
  readonly after: FleetState;
  readonly nodes: readonly NodeDifference[];
  readonly cluster: readonly ResourceDifference[];
  readonly sections: readonly SectionChange[];
}

/** With nothing as the base there is no way from one state to the next. */
export function needsStep(difference: FleetDifference): Step[] {
  const { before, after } = difference;
  if (before === undefined) return [];
  const all = after.nodes.map(({ facts }) => facts.name);
  const steps = [
    meshStep(before, after),
    clusterStep(difference, 'listen-port', 'BGPConfiguration', ['spec.listenPort']),
    clusterStep(difference, 'encapsulation', 'IPPool', ['spec.ipipMode', 'spec.vxlanMode']),
    peersStep(difference),
    platformStep(difference),
  ].flatMap((step): Step[] => (step === undefined ? [] : [{ ...step, nodes: shownNames(all) }]));
  return [...steps, ...asNumbersStep(difference)];
}

type AnyStep = Pick<Step, 'kind' | 'why'>;

function meshStep(before: FleetState, after: FleetState): AnyStep | undefined {
  const [was, is] = [isMeshOn(before), isMeshOn(after)];
  if (was === is) return undefined;
  return is
    ? { kind: 'mesh-on', why: 'the node-to-node mesh begins on all nodes at once' }
    : {
        kind: 'mesh-off',
        why: 'the node-to-node mesh ends on all nodes at once, so each of them needs its other sessions before',
      };
}

export function isMeshOn({ model }: FleetState): boolean {
  return model.bgp.nodeToNodeMesh?.value !== false;
}

const reasons = {
  'listen-port': 'all nodes listen on another port at once, and their sessions restart',
  encapsulation: 'pools tunnel in another way on all nodes at once',
} as const;

function clusterStep(
  { cluster }: FleetDifference,
  kind: keyof typeof reasons,
  resource: string,
  paths: readonly string[],
): AnyStep | undefined {
  const isIt = cluster.some(
    (one) =>
      one.kind === resource &&
      one.action === 'update' &&
      one.fields.some(({ path }) => paths.includes(path)),
  );
  return isIt ? { kind, why: reasons[kind] } : undefined;
}

/** A peer that goes or changes does so on every node that it is for, with or without the revision. */
function peersStep({ cluster }: FleetDifference): AnyStep | undefined {
  const peers = cluster.filter(({ kind, action }) => kind === 'BGPPeer' && action !== 'create');
  if (peers.length === 0) return undefined;
  const why =
    'BGPPeers of several nodes change or go: they do so on all their nodes at once, also on those that do not have the revision yet';
  return { kind: 'peers', why };
}

function platformStep({ sections }: FleetDifference): AnyStep | undefined {
  if (!sections.some(({ section }) => section === 'platform')) return undefined;
  return {
    kind: 'platform',
    why: 'files of the platform change on all nodes, and services restart when all have them',
  };
}

/** A node with another number and a neighbour that still expects the earlier one have no session. */
function asNumbersStep({ nodes }: FleetDifference): Step[] {
  const renumbered = nodes.filter(
    ({ before, asNumber }) => before !== undefined && asNumber !== undefined,
  );
  if (renumbered.length === 0) return [];
  const names = renumbered.map(({ after }) => after.facts.name);
  const why =
    'these nodes get other AS numbers: their sessions fail as long as only one side has the new number';
  return [{ kind: 'as-numbers', why, nodes: shownNames(names) }];
}
