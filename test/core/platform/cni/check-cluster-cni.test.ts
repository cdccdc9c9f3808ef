import { expect } from 'chai';
import {
  checkClusterCni,
  type ClusterCni,
} from '../../../../core/platform/cni/check-cluster-cni.ts';
import { parseNode } from '../../../../core/platform/cluster/parse-node.ts';
import type {
  ClusterNode,
  ClusterPod,
} from '../../../../core/platform/cluster/observed-cluster.ts';

const node: ClusterNode = {
  name: 'node-1',
  ready: true,
  unschedulable: false,
  isControlPlane: false,
  roles: [],
  addresses: [],
  podCidrs: ['10.42.1.0/24'],
};

function pod(name: string, daemonSet: string, changed: Partial<ClusterPod> = {}): ClusterPod {
  return {
    namespace: 'kube-system',
    name,
    uid: name,
    node: 'node-1',
    phase: 'Running',
    ready: true,
    addresses: ['10.0.0.1'],
    isHostNetwork: true,
    controller: { kind: 'DaemonSet', name: daemonSet },
    ...changed,
  };
}

const healthy: ClusterCni = {
  platform: 'k3s',
  node,
  pods: [pod('calico-node-x', 'calico-node'), pod('kube-proxy-x', 'kube-proxy')],
  dns: [pod('coredns-x', 'coredns')],
  links: [{ name: 'vxlan.calico', isUp: true }],
  plugins: ['calico', 'portmap'],
  kubectl: 'k3s kubectl',
};

function codes(changed: Partial<ClusterCni>): readonly string[] {
  return checkClusterCni({ ...healthy, ...changed }).issues.map(({ code }) => code);
}

describe('the CNI of a node as the cluster knows it', () => {
  it('is whole when its pod here is ready and DNS runs', () => {
    expect(codes({})).to.deep.equal([]);
    expect(checkClusterCni(healthy).properties).to.deep.equal([
      { name: 'CNI pods', value: 'calico-node-x (ready)' },
      { name: 'pod CIDR of the Node', value: '10.42.1.0/24' },
    ]);
  });

  it('has an error for a pod of the CNI that is not ready, with its reason', () => {
    const bad = pod('calico-node-x', 'calico-node', { ready: false, why: 'CrashLoopBackOff' });
    const [issue] = checkClusterCni({ ...healthy, pods: [bad] }).issues;
    expect(issue).to.include({ code: 'cni-pod-not-ready', severity: 'error' });
    expect(issue?.message).to.contain('kube-system/calico-node-x: CrashLoopBackOff');
    expect(issue?.hint).to.equal('k3s kubectl -n kube-system describe pod calico-node-x');
  });

  it('has an error where Calico is in force and no pod of its DaemonSet is on this node', () => {
    expect(codes({ pods: [] })).to.deep.equal(['cni-pod-absent']);
    // K3s and MicroK8s run flannel without a pod.
    expect(codes({ pods: [], plugins: ['flannel', 'portmap'] })).to.deep.equal([]);
    expect(codes({ pods: [], plugins: [] })).to.deep.equal([]);
  });

  it('has none for a missing pod where calico-node is a service, or the name of the Node is not known', () => {
    expect(codes({ pods: [], platform: 'charmed-kubernetes' })).to.deep.equal([]);
    expect(codes({ pods: [], node: undefined })).to.deep.equal([]);
  });

  it('takes the DaemonSet of Canal for Calico, also with the name that RKE2 gives it', () => {
    for (const name of ['canal', 'rke2-canal']) {
      expect(codes({ pods: [pod('canal-x', name)] })).to.deep.equal([]);
    }
  });

  it('has an error for each tunnel of the Node without its interface', () => {
    const annotations = {
      'projectcalico.org/IPv4VXLANTunnelAddr': '10.42.1.0',
      'projectcalico.org/IPv6VXLANTunnelAddr': 'fd00::1',
      'projectcalico.org/IPv4IPIPTunnelAddr': '10.42.1.1',
    };
    const tunnels = parseNode({ metadata: { name: 'node-1', annotations } })?.calicoTunnels ?? [];
    const ofNode = { node: { ...node, calicoTunnels: tunnels } };
    const links = [
      { name: 'vxlan.calico', isUp: true },
      { name: 'tunl0', isUp: false },
    ];
    const { issues } = checkClusterCni({ ...healthy, ...ofNode, links });
    expect(issues.map(({ code }) => code)).to.deep.equal(['cni-no-tunnel', 'cni-no-tunnel']);
    expect(issues.map(({ message }) => message).join()).to.match(/vxlan-v6\.calico.*tunl0/);
    const all = ['vxlan.calico', 'vxlan-v6.calico', 'tunl0'].map((name) => ({ name, isUp: true }));
    expect(codes({ ...ofNode, links: all })).to.deep.equal([]);
    expect(codes({ ...ofNode, links: undefined })).to.deep.equal([]);
  });

  it('has an error when the Node is not Ready, and when no pod of DNS is', () => {
    const away = { ...node, ready: false, why: 'NetworkPluginNotReady' };
    expect(codes({ node: away })).to.deep.equal(['node-not-ready']);
    expect(codes({ dns: [] })).to.deep.equal(['dns-not-ready']);
    const dns = [pod('coredns-x', 'coredns', { ready: false })];
    expect(codes({ dns })).to.deep.equal(['dns-not-ready']);
  });

  it('has a warning for the pods of an earlier CNI', () => {
    const pods = [pod('calico-node-x', 'calico-node'), pod('kube-flannel-x', 'kube-flannel-ds')];
    expect(codes({ pods })).to.deep.equal(['several-cnis']);
  });

  it('advises to delete Cilium only where it is not chained onto Calico', () => {
    const pods = [pod('calico-node-x', 'calico-node'), pod('cilium-x', 'cilium')];
    const chained = ['calico', 'portmap', 'cilium-cni'];
    expect(codes({ pods, plugins: chained })).to.deep.equal([]);
    for (const plugins of [['calico', 'portmap'], ['cilium-cni', 'portmap'], []]) {
      const { issues } = checkClusterCni({ ...healthy, pods, plugins });
      const issue = issues.find(({ code }) => code === 'several-cnis');
      expect(issue?.hint).to.match(/cni-chaining-mode; only where it is "none" or absent, delete/u);
    }
  });

  it('has an error when flannel announces another VNI than its interface has', () => {
    const flannel = { backendType: 'vxlan', vni: 1 };
    const links = [{ name: 'flannel.4096', isUp: true }];
    expect(codes({ node: { ...node, flannel }, links })).to.deep.equal(['flannel-vni-differs']);
    const same = [{ name: 'flannel.1', isUp: true }];
    expect(codes({ node: { ...node, flannel }, links: same })).to.deep.equal([]);
  });
});
