import { expect } from 'chai';
import type { BGPConfiguration } from '../../../core/calico/resource.ts';
import { hasOwnChangesLeft } from '../../../core/plan/own-changes.ts';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { Plan } from '../../../core/plan/plan.ts';
import type { DesiredNode } from '../../../core/render/desired.ts';
import { desiredOf, observedOf, ours, peer, wanted } from './sample.ts';

type Settings = DesiredNode['settings'];

function mesh(isOn: boolean): BGPConfiguration {
  const apiVersion = 'projectcalico.org/v3';
  const spec = { nodeToNodeMeshEnabled: isOn };
  return { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'default' }, spec };
}

/** From a reflector's peer back to the mesh. */
function toMesh(before: Settings, after: Settings): Plan {
  const name = 'node-0';
  return planChanges(
    desiredOf([wanted(mesh(true))], { nodes: [{ name, settings: after, reasons: {} }] }),
    {
      ...observedOf(ours(mesh(true)), ours(peer('old', { peerIP: '10.0.0.9' }))),
      nodes: [{ name, settings: before }],
    },
    { guards: true },
  );
}

describe("a node's own changes that are left", () => {
  const plain: Settings = { groupLabels: [] };

  it('are those before a removal for all nodes', () => {
    const plan = toMesh(
      { routeReflectorClusterID: '224.0.0.1', groupLabels: [] },
      { routeReflectorClusterID: null, groupLabels: [] },
    );
    expect(plan.steps.map(({ title }) => title)).to.deep.equal([
      'Make plain nodes of route reflectors',
      'Remove what is no longer desired',
    ]);
    expect(hasOwnChangesLeft(plan)).to.equal(true);
    expect(hasOwnChangesLeft({ steps: plan.steps.slice(1) })).to.equal(false);
  });

  it('are not those of the same step as the removal: two nodes would wait for each other', () => {
    const plan = toMesh({ groupLabels: ['calico-agent/group.old'] }, { groupLabels: [] });
    const changes = plan.steps.flatMap((step) => step.changes);
    expect(changes.map(({ action }) => action)).to.deep.equal(['delete', 'patch-node']);
    expect(hasOwnChangesLeft(plan)).to.equal(false);
  });

  it('are none when all changes are of the cluster', () => {
    expect(hasOwnChangesLeft(toMesh(plain, plain))).to.equal(false);
  });
});
