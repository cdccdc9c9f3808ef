/** Which files and services of a node change before the cluster-wide resources do. */
import { expect } from 'chai';
import { planDesired } from '../../../../core/deciding/plan-all-targets.ts';
import type { Observed } from '../../../../core/observe/observed.ts';
import type { AnyPlan } from '../../../../core/plan/plan.ts';
import { undoOf } from '../../../../core/platform/edit/undo.ts';
import type { ObservedPlatform } from '../../../../core/platform/observed-platform.ts';
import type { ClusterEdit } from '../../../../core/platform/cluster/cluster-edit.ts';
import { desiredOf, pool, wanted } from '../sample.ts';

const path = '/var/snap/microk8s/current/args/kube-proxy';
const service = 'snap.microk8s.daemon-kubelite.service';

/** A node with an edit that the configuration asks for no more. */
const platform: ObservedPlatform = {
  report: { platform: 'microk8s', because: [], also: [], properties: [], values: [], issues: [] },
  files: [{ state: 'text', path, text: '--a=2\n' }],
  notes: [
    {
      path,
      edits: [],
      undo: undoOf('--a=1\n', '--a=2\n'),
      restarts: [{ service, why: 'it reads kube-proxy' }],
    },
  ],
  dueRestarts: [],
};
const observed: Observed = { resources: [], nodes: [], platform };

const configuration = wanted({
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPConfiguration',
  metadata: { name: 'default' },
  spec: { asNumber: 65001 },
});

function actionsOf(steps: AnyPlan['steps'] = []): readonly string[] {
  return steps.flatMap(({ changes }) => changes.map(({ action }) => action));
}

function planOf(more: Parameters<typeof desiredOf>[1] = {}, pools = false): AnyPlan {
  const resources = [configuration, ...(pools ? [wanted(pool('pods'))] : [])];
  const desired = desiredOf(resources, { later: { peers: [] }, ...more });
  return planDesired({ desired, observed, previousProjects: [] });
}

describe("files and services in a node's own share", () => {
  const host = ['edit-file', 'restart-service'];

  it('change in the wave of their node', () => {
    const plan = planOf();
    expect(actionsOf(plan.steps)).to.deep.equal(host);
    expect(actionsOf(plan.withheld)).to.deep.equal(['create']);
    expect(plan.steps.at(-1)?.gates.map(({ kind }) => kind)).to.include('restart-turn');
  });

  it('wait for the pools that a CNI needs at its start', () => {
    const plan = planOf({}, true);
    expect(actionsOf(plan.steps)).to.deep.equal([]);
    expect(actionsOf(plan.withheld)).to.include.members(host);
  });

  it('wait for edits of the cluster for which all nodes have to be ready', () => {
    const object = { kind: 'ConfigMap', namespace: 'kube-system', name: 'calico-config' } as const;
    const edit: ClusterEdit = {
      form: 'field',
      object,
      path: ['data', 'calico_backend'],
      value: 'bird',
      reasons: [],
    };
    expect(actionsOf(planOf({ cluster: [edit] }).steps)).to.deep.equal(host);
    const early = planOf({ cluster: [{ ...edit, stage: -1 }] });
    expect(actionsOf(early.steps)).to.deep.equal([]);
    expect(early).not.to.have.property('clusterEdits');
  });
});
