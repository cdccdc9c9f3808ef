import { expect } from 'chai';
import { createClusterPlanning } from '../../../../agent/app/derive/plan-cluster-edits.ts';
import type { AnyPlan } from '../../../../core/plan/plan.ts';
import { describePlan } from '../../../../core/plan/describe.ts';
import { redactPlan } from '../../../../core/plan/redact-plan.ts';
import { dataEdit, type ClusterEdit } from '../../../../core/platform/cluster/cluster-edit.ts';
import type { ObservedCluster } from '../../../../core/platform/cluster/observed-cluster.ts';

const config = { kind: 'ConfigMap', namespace: 'kube-system', name: 'calico-config' } as const;
const place = { pointer: '/microk8s/bgp', line: 4 };
const edits = [
  dataEdit(config, 'calico_backend', 'bird', { reasons: [{ rule: 'microk8s.bgp', place }] }),
];
const nothing: AnyPlan = { formatVersion: 1, steps: [], issues: [] };

function observing(data: object): ObservedCluster {
  const before = { kind: 'ConfigMap', data };
  const object = {
    object: config,
    before,
    version: '7',
    undo: { state: 'none' },
    conflicts: [],
  } as const;
  return { objects: [object], workloads: [], strayPods: [] };
}

describe('edits of Kubernetes objects in a plan', () => {
  it('come behind the other changes, and are shown without the objects themselves', async () => {
    const asked: (readonly ClusterEdit[])[] = [];
    const plan = createClusterPlanning({
      observe: (all) => {
        asked.push(all);
        return Promise.resolve(observing({ calico_backend: 'vxlan', secret: 'x' }));
      },
    });
    const planned = await plan({ ...nothing, clusterEdits: edits });
    expect(planned).not.to.have.property('clusterEdits');
    expect(asked).to.deep.equal([edits]);
    expect(describePlan(planned)).to.contain(
      '~ ConfigMap kube-system/calico-config\n      data.calico_backend: vxlan → bird   because microk8s.bgp',
    );
    expect(JSON.stringify(redactPlan(planned))).not.to.contain('secret');
  });

  it('are refused with their place where the agent does not reach the API server', async () => {
    const planned = await createClusterPlanning(undefined)({ ...nothing, clusterEdits: edits });
    expect(planned.steps).to.deep.equal([]);
    expect(planned.issues.map(({ code, line }) => [code, line])).to.deep.equal([
      ['cluster-not-reached', 4],
    ]);
  });

  it('are searched for once where no revision asks for any, so that passes stay cheap', async () => {
    let readings = 0;
    const plan = createClusterPlanning({
      observe: () => {
        readings += 1;
        return Promise.resolve({ objects: [], workloads: [], strayPods: [] });
      },
    });
    await plan(nothing);
    await plan(nothing);
    expect(readings).to.equal(1);
  });
});
