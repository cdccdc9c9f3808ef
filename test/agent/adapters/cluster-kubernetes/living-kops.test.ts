/** A cluster of kops on a real API server, compared with its document. */
import { expect } from 'chai';
import { createLivingKops } from '../../../../agent/adapters/cluster-kubernetes/living.ts';
import { compareLiving } from '../../../../core/kops/living/compare-living.ts';
import type { LivingCluster } from '../../../../core/kops/living/living-cluster.ts';
import { textAt } from '../../../../core/input/plain-data.ts';
import { wholeItem } from '../../../../runtime/kubernetes/list-objects.ts';
import { eventually } from '../../../support/eventually.ts';
import { failure } from '../../../support/failure.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { clusterObjects, type ClusterObjects } from '../../../support/servers/cluster-objects.ts';
import { judged } from '../../../core/kops/living/living.ts';

const apps = '/apis/apps/v1/namespaces/kube-system';
const configMaps = '/api/v1/namespaces/kube-system/configmaps';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const user = 'kops-live-reader';

function workload(kind: 'DaemonSet' | 'Deployment', name: string, container: object): object {
  const labels = { 'k8s-app': name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'kube-system' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

const calicoNode = workload('DaemonSet', 'calico-node', {
  name: 'calico-node',
  image: 'docker.io/calico/node:v3.28.1',
  env: [
    {
      name: 'CALICO_NETWORKING_BACKEND',
      valueFrom: { configMapKeyRef: { name: 'calico-config', key: 'calico_backend' } },
    },
    { name: 'FELIX_AWSSRCDSTCHECK', value: 'DoNothing' },
    { name: 'SOME_PASSWORD', value: 'not to be kept' },
  ],
});
const srcDst = workload('Deployment', 'k8s-ec2-srcdst', {
  name: 'k8s-ec2-srcdst',
  image: 'example.invalid/srcdst:v0.2.2',
});
const made = [
  `${apps}/daemonsets/calico-node`,
  `${apps}/deployments/k8s-ec2-srcdst`,
  `${configMaps}/calico-config`,
  `${rbac}/clusterroles/${user}`,
  `${rbac}/clusterrolebindings/${user}`,
];

describe('a running cluster of kops', function () {
  this.timeout(60_000);
  onEachApiServer((open) => {
    let server: ApiServer;
    let objects: ClusterObjects;
    const clean = async (): Promise<void> => {
      await server.empty([]);
      for (const one of made) await objects.remove(one);
      // Other tests leave workloads in namespaces of their own, and all of them are read.
      for (const kind of ['daemonsets', 'deployments']) {
        const { items } = await server.client.list('list', `/apis/apps/v1/${kind}`, wholeItem);
        for (const item of items) {
          const place = `/apis/apps/v1/namespaces/${textAt(item, 'metadata', 'namespace') ?? ''}`;
          await objects.remove(`${place}/${kind}/${textAt(item, 'metadata', 'name') ?? ''}`);
        }
      }
    };
    const read = async (context?: string): Promise<LivingCluster> => {
      const live = createLivingKops(
        { kubeconfig: server.kubeconfig, ...(context !== undefined && { context }) },
        { environment: {}, root: '/' },
      );
      try {
        return await live.read();
      } finally {
        await live.close();
      }
    };
    beforeEach(async () => {
      server = await open();
      objects = clusterObjects(server.client);
      await clean();
      await objects.make(`${apps}/daemonsets`, calicoNode);
      await objects.make(`${apps}/deployments`, srcDst);
      await objects.make(configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'calico-config', namespace: 'kube-system' },
        data: { calico_backend: 'bird', veth_mtu: '8981' },
      });
      await objects.make('/api/v1/nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'i-1', annotations: { 'projectcalico.org/IPv4Address': '10.0.0.1/24' } },
      });
      await objects.make('/api/v1/nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'i-2' },
      });
      const metadata = { name: 'default-ipv4-ippool' };
      await server.put('IPPool', metadata.name, {
        apiVersion: server.group,
        kind: 'IPPool',
        metadata,
        spec: {
          cidr: '100.96.0.0/11',
          ipipMode: 'Always',
          vxlanMode: 'Never',
          blockSize: 26,
          natOutgoing: true,
          nodeSelector: 'all()',
          ...(!server.isOld && {
            assignmentMode: 'Automatic',
            allowedUses: ['Workload', 'Tunnel'],
          }),
        },
      });
      await server.put('BlockAffinity', 'i-9-block', {
        apiVersion: server.group,
        kind: 'BlockAffinity',
        metadata: { name: 'i-9-block' },
        spec: {
          cidr: '100.96.1.0/26',
          deleted: server.group.endsWith('v3') ? false : 'false',
          node: 'i-9',
          state: 'confirmed',
        },
      });
    });
    afterEach(clean);

    it('shows each difference with its object and field', async () => {
      const { differences, notCompared } = compareLiving(
        judged('calico: {mtu: 8951}'),
        await read(),
      );
      expect(notCompared).to.deep.equal([]);
      const found = differences
        .filter(({ code }) => code !== 'kops-live-range')
        .map(({ code, object, field, found: value }) => `${code} ${object} ${field}: ${value}`);
      expect(found).to.deep.equal([
        'kops-live-pool-mode IPPool default-ipv4-ippool spec.ipipMode: Always',
        'kops-live-mtu ConfigMap kube-system/calico-config data.veth_mtu: 8981',
        'kops-live-source-check DaemonSet kube-system/calico-node env FELIX_AWSSRCDSTCHECK: DoNothing',
        'kops-live-srcdst Deployment kube-system/k8s-ec2-srcdst spec.replicas: 1',
        'kops-live-node-without-calico Node i-2 metadata.annotations: no address of Calico',
        'kops-live-stale-node BlockAffinity of i-9 spec.node: 1 node that is gone',
      ]);
      // This server was made with another range of Services than kops' usual one.
      expect(differences.map(({ object }) => object)).to.include('Service default/kubernetes');
    });

    it('keeps no variable but those that are compared', async () => {
      expect(JSON.stringify(await read())).to.not.contain('not to be kept');
    });

    it('has what the user may read, and names the right that lacks for the rest', async () => {
      const metadata = { name: user };
      await objects.make(`${rbac}/clusterroles`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata,
        rules: [{ apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['list'] }],
      });
      await objects.make(`${rbac}/clusterrolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'nobody' }],
      });
      // The server learns of new rights a moment later.
      await eventually(async () => {
        expect((await read('nobody')).daemonSets.isRead).to.equal(true);
      });
      const living = await read('nobody');
      expect(living.pools.isRead ? '' : living.pools.why).to.match(
        /cannot list the IPPools: .*cannot list resource "ippools"/,
      );
      const { differences, notCompared } = compareLiving(judged('calico: {}'), living);
      expect(differences.map(({ code }) => code)).to.deep.equal(['kops-live-source-check']);
      expect(notCompared.map(({ what }) => what)).to.include.members(['IPPools', 'stale nodes']);
    });
  });

  it('fails where no server answers', async () => {
    const settings = { server: 'https://127.0.0.1:1', token: 'x' };
    const live = createLivingKops(settings, { environment: {}, root: '/' });
    expect(await live.where()).to.deep.equal({
      server: 'https://127.0.0.1:1',
      source: 'the settings',
    });
    const error = await failure(live.read());
    expect(error.message).to.contain('127.0.0.1:1');
    await live.close();
  });
});
