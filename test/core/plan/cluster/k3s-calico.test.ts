/** Calico in place of flannel on K3s: its pods forward, whichever way Calico was installed. */
import { expect } from 'chai';
import { editsByHand } from '../../../../core/plan/cluster/edits-by-hand.ts';
import { planCluster } from '../../../../core/plan/cluster/plan-cluster.ts';
import type { ObservedObject } from '../../../../core/platform/cluster/observed-cluster.ts';
import { calicoForwarding } from '../../../../core/platform/k3s/desired/calico-forwarding.ts';

const place = { pointer: '/k3s/cni' };
const edits = calicoForwarding({ cni: { value: 'calico', place }, place });
const none = { undo: { state: 'none' }, conflicts: [] } as const;
const namespace = 'kube-system';
const shipped = '{\n  "type": "calico",\n  "mtu": __CNI_MTU__\n}';

function config(text: unknown, changed: Partial<ObservedObject> = {}): ObservedObject {
  const object = { kind: 'ConfigMap', namespace, name: 'calico-config' } as const;
  const before = { kind: 'ConfigMap', data: { cni_network_config: text, veth_mtu: '0' } };
  return { object, before, version: '7', ...none, ...changed };
}

const absentConfig: ObservedObject = {
  object: { kind: 'ConfigMap', namespace, name: 'calico-config' },
  ...none,
};
const installation: ObservedObject = {
  object: { kind: 'Installation', name: 'default' },
  before: { kind: 'Installation', spec: { calicoNetwork: { bgp: 'Enabled' } } },
  version: '3',
  ...none,
};
const daemonSet = {
  object: { kind: 'DaemonSet', namespace, name: 'calico-node' },
  ...{ generation: 1, observedGeneration: 1, desired: 2, updated: 2, total: 2 },
  ...{ ready: 2, available: 2, images: [] },
} as const;

function plan(
  objects: readonly ObservedObject[],
  workloads: Parameters<typeof planCluster>[1]['workloads'] = [],
): ReturnType<typeof planCluster> {
  return planCluster(edits, { objects, workloads, strayPods: [] });
}

describe('Calico on K3s', () => {
  it('gets forwarding in its ConfigMap, and its pods are restarted', () => {
    const { steps, issues } = plan([config(shipped)], [daemonSet]);
    expect(issues).to.deep.equal([]);
    const [object, rollout] = steps.flatMap(({ changes }) => changes);
    if (object?.action !== 'apply-object') throw new Error('a change of the object');
    const added = '"type": "calico",\n  "container_settings": {"allow_ip_forwarding": true},';
    const after = shipped.replace('"type": "calico",', added);
    expect(object.fields.map(({ path, before, after: is }) => [path, before, is])).to.deep.equal([
      ['data.cni_network_config', shipped, after],
    ]);
    // The way back is the text of before.
    expect(object.write?.undo).to.deep.equal([
      { path: ['data', 'cni_network_config'], before: shipped, after },
    ]);
    expect(rollout).to.deep.include({ action: 'rollout', mark: 'allow-forwarding' });
  });

  it('gets it from its operator', () => {
    const { steps, issues } = plan([absentConfig, installation]);
    expect(issues).to.deep.equal([]);
    const changes = steps.flatMap(({ changes: own }) => own);
    expect(changes).to.have.length(1);
    expect(changes[0]).to.have.nested.property(
      'fields[0].path',
      'spec.calicoNetwork.containerIPForwarding',
    );
  });

  it('is left alone as long as it is not installed, and where it forwards already', () => {
    expect(plan([absentConfig])).to.deep.include({ steps: [], issues: [] });
    const done = shipped.replace(',', ', "container_settings": {"allow_ip_forwarding": true},');
    expect(plan([config(done)], [daemonSet])).to.deep.include({ steps: [], issues: [] });
  });

  it('has a warning, and no change, where a person wrote the text another way', () => {
    const { steps, issues } = plan([config('{"plugins": []}')], [daemonSet]);
    expect(steps).to.deep.equal([]);
    expect(issues.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal([
      'warning cluster-text-foreign',
    ]);
  });

  it('is asked of no cluster without the setting', () => {
    expect(calicoForwarding({ place })).to.deep.equal([]);
    expect(calicoForwarding({ cni: { value: 'flannel', place }, place })).to.deep.equal([]);
    expect(
      editsByHand(edits, 'k3s kubectl', 'late').steps.map(({ commands }) => commands[0]),
    ).to.include('k3s kubectl edit --namespace kube-system configmap/calico-config');
  });
});
