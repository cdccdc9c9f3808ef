import { expect } from 'chai';
import { planCluster } from '../../../../core/plan/cluster/plan-cluster.ts';
import type { ObjectKind } from '../../../../core/platform/cluster/object-ref.ts';
import type { ObservedObject } from '../../../../core/platform/cluster/observed-cluster.ts';

const config = { kind: 'ConfigMap', namespace: 'kube-system', name: 'calico-config' } as const;

/** A ConfigMap in which the agent made `bird` of `vxlan`, and that has this value now. */
function configWith(value: string): ObservedObject {
  const path = ['data', 'calico_backend'];
  return {
    object: config,
    before: { kind: 'ConfigMap', data: { calico_backend: value } },
    version: '7',
    undo: { state: 'edits', undo: [{ path, before: 'vxlan', after: 'bird' }] },
    conflicts: [],
  };
}

function made(kind: ObjectKind): ObservedObject {
  const object = { kind, namespace: 'metallb-system', name: 'a' };
  return { object, before: { kind }, version: '7', undo: { state: 'created' }, conflicts: [] };
}

function planned(objects: readonly ObservedObject[]): ReturnType<typeof planCluster> {
  return planCluster([], { objects, workloads: [], strayPods: [] });
}

describe('the way back of objects of Kubernetes', () => {
  it('names a field that somebody changed since, and leaves it', () => {
    const { steps, issues } = planned([configWith('none')]);
    expect(issues.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal([
      'warning cluster-left-to-you',
    ]);
    expect(issues[0]?.message).to.include('data.calico_backend');
    expect(steps[0]?.changes).to.have.length(1);
    expect(steps[0]?.changes[0]).to.deep.include({ fields: [] });
  });

  it('says nothing of a field that goes back, or that somebody put back', () => {
    expect(planned([configWith('bird')]).issues).to.deep.equal([]);
    expect(planned([configWith('vxlan')]).issues).to.deep.equal([]);
  });

  it('restarts the pods that a mark had restarted, and waits for them until somebody saw them', () => {
    const object = { kind: 'DaemonSet', namespace: 'kube-system', name: 'calico-node' } as const;
    const template = (mark: object): object => ({ spec: { template: { metadata: mark } } });
    const numbers = { generation: 2, observedGeneration: 2, desired: 2, updated: 2 };
    const workload = { object, ...numbers, total: 2, ready: 1, available: 1, images: [] };
    const observed = { object, version: '7', conflicts: [] } as const;
    const path = ['spec', 'template', 'metadata', 'annotations', 'calico-agent/rollout'];
    const marked: ObservedObject = {
      ...observed,
      before: { kind: 'DaemonSet', ...template({ annotations: { 'calico-agent/rollout': 'a' } }) },
      undo: { state: 'edits', undo: [{ path, after: 'a' }] },
    };
    const shown = (one: ObservedObject): readonly unknown[] =>
      planCluster([], { objects: [one], workloads: [workload], strayPods: [] }).steps.map(
        ({ gates, changes }) => [
          ...gates.map(({ kind }) => kind),
          ...changes.map((it) => it.action),
        ],
      );
    expect(shown(marked)).to.deep.equal([['apply-object'], ['rollout', 'end-rollout']]);
    const before = { kind: 'DaemonSet', ...template({}) };
    const back: ObservedObject = { ...observed, before, undo: { state: 'none' } };
    expect(shown({ ...back, isRollingOut: true })).to.deep.equal([['rollout', 'end-rollout']]);
    expect(shown(back), 'a pod is not ready, but nobody changed the template').to.deep.equal([]);
  });

  it('deletes last what was made last, after the fields that go back', () => {
    const { steps } = planned([made('BFDProfile'), made('BGPPeer'), configWith('bird')]);
    const changes = steps.flatMap((step) => step.changes);
    expect(
      changes.map((change) => ('object' in change ? `${change.action} ${change.object.kind}` : '')),
    ).to.deep.equal([
      'apply-object ConfigMap',
      'delete-object BGPPeer',
      'delete-object BFDProfile',
    ]);
  });
});
