import { expect } from 'chai';
import type { BGPConfiguration } from '../../../../core/calico/resource.ts';
import type { BGPConfigurationSpec } from '../../../../core/calico/bgp-configuration.ts';
import { applyChanges } from '../../../../core/plan/apply-changes.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { Plan } from '../../../../core/plan/plan.ts';
import type { Observed } from '../../../../core/observe/observed.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import { desiredOf, observedOf, ours, peer, wanted } from '../sample.ts';

const guarded = { guards: true };
const toRouter = peer('tor', { peerIP: '10.0.0.1', asNumber: 65001 });

function configuration(spec: BGPConfigurationSpec): BGPConfiguration {
  const apiVersion = 'projectcalico.org/v3';
  return { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'default' }, spec };
}

function withNode(observed: Observed, asNumber: number): Observed {
  return { ...observed, nodes: [{ name: 'node-0', settings: { asNumber, groupLabels: [] } }] };
}

/** No node has a number of its own any more. */
function withoutOwn(spec: BGPConfigurationSpec): Desired {
  const settings = { asNumber: null, groupLabels: [] };
  return desiredOf([wanted(configuration(spec)), wanted(toRouter)], {
    nodes: [{ name: 'node-0', settings, reasons: {} }],
  });
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? 'none' : JSON.stringify(value);
}

/** `Set the nodes: asNumber 64601 → none`. */
function fieldsOf({ steps }: Plan): readonly string[] {
  return steps.flatMap(({ title, changes }) =>
    changes.flatMap((change) =>
      change.action === 'release' || change.action === 'delete'
        ? []
        : change.fields.map(
            ({ path, before, after }) => `${title}: ${path} ${textOf(before)} → ${textOf(after)}`,
          ),
    ),
  );
}

describe('a node that loses its own AS number', () => {
  const mesh = { nodeToNodeMeshEnabled: true };

  it('gets the number of the cluster with the first step, and not behind sessions', () => {
    const state = observedOf(ours(configuration({ ...mesh, asNumber: 64512 })), ours(toRouter));
    const plan = planChanges(
      withoutOwn({ ...mesh, asNumber: 64512 }),
      withNode(state, 64601),
      guarded,
    );
    expect(fieldsOf(plan)).to.deep.equal(['Set the nodes: asNumber 64601 → none']);
    expect(plan.steps[0]?.gates.map(({ kind }) => kind)).to.deep.equal(['fleet-guarding']);
  });

  it('has the new number of the cluster until the cluster has it: its sessions restart once', () => {
    const state = observedOf(ours(configuration({ ...mesh, asNumber: 64512 })), ours(toRouter));
    const plan = planChanges(
      withoutOwn({ ...mesh, asNumber: 64700 }),
      withNode(state, 64601),
      guarded,
    );
    expect(fieldsOf(plan)).to.deep.equal([
      'Set the nodes: asNumber 64601 → 64700',
      'Set the BGPConfiguration of all nodes: spec.asNumber 64512 → 64700',
      'Remove what is no longer desired: asNumber 64700 → none',
    ]);
    const losses = plan.issues.filter(({ code }) => code === 'loss-as-number');
    expect(losses.map(({ message }) => message.split(':')[0])).to.deep.equal([
      'node "node-0" gets AS 64700 instead of AS 64601',
      'every node without an AS number of its own gets AS 64700 instead of AS 64512',
    ]);
  });

  it('loses it last where it has the new number of the cluster already', () => {
    const state = observedOf(ours(configuration({ ...mesh, asNumber: 64512 })), ours(toRouter));
    const plan = planChanges(withoutOwn({ ...mesh, asNumber: 64700 }), withNode(state, 64700));
    expect(fieldsOf(plan)).to.deep.equal([
      'Set the BGPConfiguration of all nodes: spec.asNumber 64512 → 64700',
      'Remove what is no longer desired: asNumber 64700 → none',
    ]);
  });
});

describe('a new AS number or port of the cluster', () => {
  const off = { nodeToNodeMeshEnabled: false };

  for (const spec of [{ asNumber: 64700 }, { listenPort: 1179 }]) {
    const [field] = Object.keys(spec);

    it(`comes before the mesh goes off, which waits for the sessions with it: ${String(field)}`, () => {
      const state = observedOf(ours(configuration({ nodeToNodeMeshEnabled: true })));
      const desired = desiredOf([wanted(configuration({ ...off, ...spec }))]);
      const plan = planChanges(desired, state, guarded);
      expect(plan.steps.map(({ title, gates }) => [title, gates.map(({ kind }) => kind)]))
        .to.deep //
        .equal([
          ['Set the BGPConfiguration of all nodes', ['fleet-guarding']],
          [
            'Turn the node-to-node mesh off',
            ['fleet-guarding', 'fleet-written', 'fleet-sessions', 'fleet-routes'],
          ],
        ]);
    });

    it(`does so too where there is no BGPConfiguration yet: ${String(field)}`, () => {
      const desired = desiredOf([wanted(configuration({ ...off, ...spec }))]);
      const plan = planChanges(desired, observedOf(), guarded);
      const changes = plan.steps.flatMap((step) => step.changes);
      expect(changes.map(({ action }) => action)).to.deep.equal(['create', 'update']);
      const end = applyChanges(observedOf(), changes, { lineage: 'local:test', number: 1 });
      expect(end.resources.map(({ resource }) => resource.spec)).to.deep.equal([
        { ...off, ...spec },
      ]);
    });
  }

  it('is no reason for two steps where it is the usual one', () => {
    const desired = desiredOf([
      wanted(configuration({ ...off, asNumber: 64512, listenPort: 179 })),
    ]);
    expect(planChanges(desired, observedOf(), guarded).steps).to.have.length(1);
  });
});
