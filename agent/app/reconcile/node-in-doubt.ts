/** Decides whether the agent knows its node, the node's addresses, and a Calico Node for it. */
import type { Derived } from '../../../core/deciding/question.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { addressUnknown } from '../../../core/resolve/resolution.ts';
import type { AddressDoubt } from '../addresses/address-doubt.ts';
import type { PlannedChange } from '../derive/observe-and-plan.ts';
import type { Reconciling } from './reconcile-deps.ts';

/**
 * In doubt the agent writes nothing, not even cluster-wide resources: an agent that does not know
 * its node may be a copy of another one. It does not claim the writer lease, so other agents write
 * these resources.
 */
export function doubtAbout(
  { node }: Pick<Reconciling, 'node'>,
  { issues }: Derived,
): AddressDoubt | undefined {
  const isUnknown = issues.some(({ code }) => code === addressUnknown);
  const doubt = node.addressDoubt?.() ?? (isUnknown ? withoutAddress : undefined);
  return doubt !== undefined && node.facts().leader === true
    ? { ...doubt, why: `${doubt.why}; ${leaderWaits}` }
    : doubt;
}

const leaderWaits =
  'this unit is its Juju application’s leader: what holds for all nodes waits as well';

const withoutAddress: AddressDoubt = {
  why: 'this node has no address yet, and the configuration goes by subnets',
  readAgainMs: 15_000,
  needsPerson: false,
};

const nodeAbsences: ReadonlySet<string> = new Set(['node-missing', 'node-unreadable']);

/** A configuration cannot be in force on a node that Calico does not know. */
export function isNodeMissing(
  { plan, observed }: PlannedChange,
  { resolution, desired }: Derived,
): boolean {
  const isMissing = observed.nodes.some(
    ({ name, exists }) => name === resolution.node && exists === false,
  );
  const needsIt = plan.issues.some(({ code }) => nodeAbsences.has(code));
  return isMissing && (needsIt || resolution.peers.length > 0 || isInMesh(desired));
}

/** With the mesh every node that Calico knows has sessions, and no other. */
function isInMesh({ resources }: Desired): boolean {
  return resources.some(
    ({ resource }) =>
      resource.kind === 'BGPConfiguration' && resource.spec.nodeToNodeMeshEnabled === true,
  );
}
