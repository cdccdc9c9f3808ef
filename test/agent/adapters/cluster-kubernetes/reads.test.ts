/** What the agent reads of a cluster, from a real API server without kubelets and controllers. */
import { expect } from 'chai';
import type { Cluster } from '../../../../agent/ports/platform/cluster.ts';
import { rolloutState } from '../../../../core/platform/cluster/parse-workload.ts';
import { failure as failureOf } from '../../../support/failure.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import {
  calicoNode,
  clusterObjects,
  daemonSets,
  namespace,
  pods,
  podSample,
  services,
  type ClusterObjects,
} from '../../../support/servers/cluster-objects.ts';
import { connectCluster } from './connected.ts';

describe('the cluster read from Kubernetes', function () {
  this.timeout(60_000);
  onEachApiServer((open) => {
    let server: ApiServer;
    let objects: ClusterObjects;
    let cluster: Cluster;
    beforeEach(async () => {
      server = await open();
      await server.empty([]);
      objects = clusterObjects(server.client);
      await objects.reset();
      cluster = connectCluster(server.kubeconfig);
    });
    afterEach(async () => {
      await cluster.close();
      await server.empty([]);
    });

    it('has nodes with their readiness, role, addresses and the data of flannel', async () => {
      await objects.make('/api/v1/nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: {
          name: 'server-1',
          labels: { 'node-role.kubernetes.io/control-plane': 'true' },
          annotations: {
            'flannel.alpha.coreos.com/backend-type': 'vxlan',
            'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"3e:a8:00:00:00:01"}',
            'flannel.alpha.coreos.com/public-ip': '10.0.0.1',
          },
        },
        spec: { podCIDR: '10.42.0.0/24', podCIDRs: ['10.42.0.0/24', 'fd00:42::/64'] },
        status: {
          conditions: [{ type: 'Ready', status: 'True' }],
          addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
          nodeInfo: { kubeletVersion: 'v1.34.1+k3s1' },
        },
      });
      await objects.make('/api/v1/nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'agent-1', labels: { 'node.kubernetes.io/microk8s-worker': 'x' } },
        spec: { unschedulable: true },
        status: {
          conditions: [
            {
              type: 'Ready',
              status: 'False',
              reason: 'KubeletNotReady',
              message: 'cni plugin not initialized',
            },
          ],
        },
      });
      const nodes = await cluster.nodes();
      expect(nodes.find(({ name }) => name === 'server-1')).to.deep.equal({
        name: 'server-1',
        ready: true,
        unschedulable: false,
        isControlPlane: true,
        roles: ['control-plane'],
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
        podCidrs: ['10.42.0.0/24', 'fd00:42::/64'],
        kubeletVersion: 'v1.34.1+k3s1',
        flannel: {
          backendType: 'vxlan',
          vni: 1,
          vtepMac: '3e:a8:00:00:00:01',
          publicIp: '10.0.0.1',
        },
      });
      expect(await cluster.node('agent-1')).to.deep.include({
        ready: false,
        why: 'KubeletNotReady: cni plugin not initialized',
        unschedulable: true,
        isControlPlane: false,
        roles: ['worker'],
      });
      expect(await cluster.node('nobody')).to.equal(undefined);
    });

    it('says how far the rollout of a DaemonSet is', async () => {
      await objects.make(
        daemonSets,
        calicoNode([], {
          observedGeneration: 1,
          desiredNumberScheduled: 3,
          currentNumberScheduled: 3,
          numberMisscheduled: 0,
          numberReady: 2,
          updatedNumberScheduled: 3,
          numberAvailable: 2,
        }),
      );
      const object = { kind: 'DaemonSet', namespace, name: 'calico-node' } as const;
      const workload = await cluster.workload(object);
      expect(workload).to.deep.include({ desired: 3, updated: 3, ready: 2, available: 2 });
      expect(workload && rolloutState(workload)).to.deep.equal({
        state: 'progressing',
        why: '2 of 3 pods are available',
      });
      await objects.patch(`${daemonSets}/calico-node`, {
        spec: { template: { metadata: { annotations: { a: 'b' } } } },
      });
      const changed = await cluster.workload(object);
      expect(changed && rolloutState(changed)).to.deep.equal({
        state: 'progressing',
        why: 'its controller has not read it yet',
      });
      expect((await cluster.daemonSets(namespace)).length).to.equal(1);
      expect(await cluster.workload({ ...object, name: 'none' })).to.equal(undefined);
    });

    it('names the pods with addresses outside of the new network, by controller', async () => {
      const web = { kind: 'ReplicaSet', name: 'web-5d4f8c7b9' };
      const labels = { 'pod-template-hash': '5d4f8c7b9' };
      await objects.make(
        pods,
        podSample({ name: 'web-1', address: '10.1.0.9', controller: web, labels }),
      );
      await objects.make(
        pods,
        podSample({ name: 'web-2', address: '10.2.0.9', controller: web, labels }),
      );
      await objects.make(pods, podSample({ name: 'lonely', address: '10.1.0.10' }));
      await objects.make(pods, podSample({ name: 'six', address: 'fd00::5' }));
      const found = await cluster.podsOutside(['10.2.0.0/16']);
      expect(
        found.map(({ controller, pods: own }) => [controller, own.map(({ name }) => name)]),
      ).to.deep.equal([
        [undefined, ['lonely']],
        [{ kind: 'Deployment', name: 'web' }, ['web-1']],
      ]);
      expect(await failureOf(cluster.podsOutside(['10.2.0.0/33']))).to.include({
        code: 'invalid-config',
      });
    });

    it('finds pods by label and node, and says why a container waits', async () => {
      const labels = { 'k8s-app': 'kube-dns' };
      const waiting = { reason: 'ImagePullBackOff', message: 'no such image' };
      await objects.make(pods, podSample({ name: 'dns-1', labels, ready: false, waiting }));
      await objects.make(pods, podSample({ name: 'dns-2', labels, node: 'node-b' }));
      await objects.make(pods, podSample({ name: 'other' }));
      const dns = await cluster.pods({ namespace, selector: 'k8s-app=kube-dns', node: 'node-a' });
      expect(dns.map(({ name, ready, why }) => ({ name, ready, why }))).to.deep.equal([
        { name: 'dns-1', ready: false, why: 'ImagePullBackOff: no such image' },
      ]);
    });

    it('says who answers for Services of the type LoadBalancer', async () => {
      const service = (name: string, annotations: object, address?: string): object => ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace, annotations },
        spec: { type: 'LoadBalancer', ports: [{ port: 80 }], selector: { app: name } },
        status: { loadBalancer: { ingress: address === undefined ? [] : [{ ip: address }] } },
      });
      await objects.make(services, service('web', {}, '10.0.0.1'));
      await objects.make(services, service('silent', {}));
      await objects.make(
        services,
        service('pooled', { 'metallb.io/ip-allocated-from-pool': 'default' }, '192.0.2.10'),
      );
      const svclb = calicoNode([]);
      await objects.make(daemonSets, {
        ...svclb,
        metadata: {
          name: 'svclb-web-0001',
          namespace,
          labels: {
            'svccontroller.k3s.cattle.io/svcname': 'web',
            'svccontroller.k3s.cattle.io/svcnamespace': namespace,
          },
        },
      });
      await objects.make(daemonSets, {
        ...svclb,
        metadata: { name: 'speaker', namespace, labels: { app: 'metallb', component: 'speaker' } },
      });
      const found = await cluster.loadBalancers();
      const answered = found.services
        .filter((one) => one.namespace === namespace)
        .map(({ name, addresses, answeredBy }) => [name, addresses, answeredBy]);
      expect(answered).to.have.deep.members([
        ['web', ['10.0.0.1'], ['servicelb']],
        ['silent', [], []],
        ['pooled', ['192.0.2.10'], ['metallb']],
      ]);
      expect(found.serviceLb.daemonSets).to.equal(1);
      expect(found.metalLb).to.deep.include({ namespace, pools: [], advertisements: 0 });
    });

    it('counts what a change of the CNI would take away, and leaves out kinds that are not there', async () => {
      await objects.make(pods, podSample({ name: 'one', address: '10.1.0.9' }));
      const { counts, uncounted } = await cluster.counts();
      expect(uncounted).to.deep.equal([]);
      const names = counts.map(({ what }) => what);
      expect(names).to.include("Calico's IPPools").and.not.include("Kube-OVN's VPCs");
      const ofPods = counts.find(({ what }) => what.startsWith('pods'));
      expect(ofPods?.count).to.be.greaterThan(0);
    });

    it('names the right that a user lacks, and the role that has it', async () => {
      const nobody = connectCluster(server.kubeconfig, { context: 'nobody' });
      try {
        const failure = await failureOf(nobody.nodes());
        expect(failure.message)
          .to.contain('User "nobody" cannot list resource "nodes"')
          .and.contain('calico-agent-platform');
        expect(failure).to.include({ code: 'datastore-failed', retryable: true });
        const { uncounted } = await nobody.counts();
        expect(uncounted.length).to.be.greaterThan(3);
      } finally {
        await nobody.close();
      }
    });
  });
});
