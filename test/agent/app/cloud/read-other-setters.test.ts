import { expect } from 'chai';
import {
  createOtherSetters,
  type OtherSettersDeps,
} from '../../../../agent/app/cloud/read-other-setters.ts';
import type { Workload } from '../../../../core/platform/cluster/observed-cluster.ts';

function workload(kind: 'DaemonSet' | 'Deployment', name: string, more: object = {}): Workload {
  return {
    object: { kind, namespace: 'kube-system', name },
    ...{
      generation: 1,
      observedGeneration: 1,
      desired: 1,
      updated: 1,
      total: 1,
      ready: 1,
      available: 1,
    },
    images: [],
    ...more,
  };
}

const survey: OtherSettersDeps['survey'] = {
  felixCheck: (name) => Promise.resolve(name === 'default' ? 'Disable' : undefined),
};

function clusterOf(
  daemonSets: readonly Workload[],
  deployment?: Workload,
): NonNullable<OtherSettersDeps['cluster']> {
  return {
    daemonSets: () => Promise.resolve(daemonSets),
    workload: () => Promise.resolve(deployment),
  };
}

describe('createOtherSetters', () => {
  it("reads the DaemonSet's variable before FelixConfiguration, and the controller", async () => {
    const node = workload('DaemonSet', 'calico-node', { awsSrcDstCheck: 'Enable' });
    const cluster = clusterOf([node], workload('Deployment', 'k8s-ec2-srcdst'));
    expect(await createOtherSetters({ survey, cluster }).read('a')).to.deep.equal({
      felix: {
        check: 'enabled',
        by: 'FELIX_AWSSRCDSTCHECK in the DaemonSet kube-system/calico-node',
      },
      controller: 'kube-system/k8s-ec2-srcdst',
      unread: [],
    });
  });

  it('takes a controller that is scaled to nothing for none', async () => {
    const cluster = clusterOf([], workload('Deployment', 'k8s-ec2-srcdst', { desired: 0 }));
    expect(await createOtherSetters({ survey, cluster }).read('a')).to.not.have.property(
      'controller',
    );
  });

  it('names each thing that it cannot read, and uses the others', async () => {
    const found = await createOtherSetters({ survey }).read('a');
    expect(found.felix?.check).to.equal('disabled');
    expect(found.unread.join()).to.contain('set cluster.kubeconfig');
    const failing = { felixCheck: () => Promise.reject(new Error('no right')) };
    const other = await createOtherSetters({ survey: failing }).read('a');
    expect(other.unread.join()).to.contain('no right');
    expect(other).to.not.have.property('felix');
  });

  it('takes a variable from a ConfigMap for unknown, and not for none', async () => {
    const node = workload('DaemonSet', 'calico-node', { isAwsSrcDstCheckElsewhere: true });
    const none = { felixCheck: () => Promise.resolve(undefined) };
    const found = await createOtherSetters({ survey: none, cluster: clusterOf([node]) }).read('a');
    expect(found).to.deep.equal({
      unread: [
        'FELIX_AWSSRCDSTCHECK of the DaemonSet kube-system/calico-node comes from a ConfigMap or a Secret',
      ],
    });
  });

  it('needs no FelixConfiguration where the DaemonSet decides', async () => {
    const failing = { felixCheck: () => Promise.reject(new Error('no right')) };
    const cluster = clusterOf([
      workload('DaemonSet', 'calico-node', { awsSrcDstCheck: 'Disable' }),
    ]);
    const found = await createOtherSetters({ survey: failing, cluster }).read('a');
    expect(found.felix?.check).to.equal('disabled');
    expect(found.unread).to.deep.equal([]);
  });

  it('says of a datastore without FelixConfigurations that they are unknown', async () => {
    const { unread } = await createOtherSetters({ survey: {}, cluster: clusterOf([]) }).read('a');
    expect(unread).to.have.lengthOf(1);
  });
});
