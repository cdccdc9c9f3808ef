/**
 * A MicroK8s node as the snap leaves it: a stand-in with the files of the agent's list, and a small cni.yaml
 * that has the two documents of the real one that matter, in its form.
 */
import type { Tree } from './host-tree.ts';

export const data = '/var/snap/microk8s/current';
export const args = `${data}/args`;
export const cniYaml = `${args}/cni-network/cni.yaml`;

export const manifest = `---
# Source: calico/templates/calico-config.yaml
kind: ConfigMap
apiVersion: v1
metadata:
  name: calico-config
  namespace: kube-system
data:
  typha_service_name: "none"
  # Configure the backend to use.
  calico_backend: "vxlan"
  veth_mtu: "0"
  cni_network_config: |-
    { "name": "k8s-pod-network", "cniVersion": "0.3.1", "plugins": [] }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: bgppeers.crd.projectcalico.org
---
# Source: calico/templates/calico-node.yaml
kind: DaemonSet
apiVersion: apps/v1
metadata:
  name: calico-node
  namespace: kube-system
spec:
  template:
    spec:
      initContainers:
        - name: upgrade-ipam
          image: docker.io/calico/cni:v3.29.3
      containers:
        - name: calico-node
          image: docker.io/calico/node:v3.29.3
          env:
            - name: CALICO_NETWORKING_BACKEND
              valueFrom:
                configMapKeyRef:
                  name: calico-config
                  key: calico_backend
            - name: IP
              value: "autodetect"
            - name: IP_AUTODETECTION_METHOD
              value: "first-found"
            - name: CALICO_IPV4POOL_VXLAN
              value: "Always"
            - name: CALICO_IPV6POOL_VXLAN
              value: "Never"
            - name: CALICO_IPV4POOL_CIDR
              value: "10.1.0.0/16"
            - name: FELIX_IPV6SUPPORT
              value: "false"
          livenessProbe:
            exec:
              command:
              - /bin/calico-node
              - -felix-live
              # - -bird-live
          readinessProbe:
            exec:
              command:
              - /bin/calico-node
              - -felix-ready
              # - -bird-ready
`;

export const kubeProxy = `--kubeconfig=\${SNAP_DATA}/credentials/proxy.config
--cluster-cidr=10.1.0.0/16
--healthz-bind-address=127.0.0.1
`;

export const controllerManager = `--kubeconfig=\${SNAP_DATA}/credentials/controller.config
--service-account-private-key-file=\${SNAP_DATA}/certs/serviceaccount.key
--cluster-cidr=10.1.0.0/16
--service-cluster-ip-range=10.152.183.0/24
`;

export const kubelet = `--kubeconfig=\${SNAP_DATA}/credentials/kubelet.config
--cluster-domain=cluster.local
--cluster-dns=10.152.183.10
`;

const apiServer = `--cert-dir=\${SNAP_DATA}/certs
--service-cluster-ip-range=10.152.183.0/24
`;

const conflist = {
  name: 'k8s-pod-network',
  cniVersion: '0.3.1',
  plugins: [{ type: 'calico' }, { type: 'portmap' }],
};

export const microk8sNode: Tree = {
  '/snap/microk8s/current': { link: '7964' },
  '/snap/microk8s/7964/meta/snap.yaml': 'name: microk8s\nversion: v1.32.3\nsummary: x\n',
  '/var/lib/snapd/state.json': JSON.stringify({
    data: {
      auth: { users: [{ macaroon: 'a-secret-of-snapd' }] },
      snaps: { microk8s: { channel: '1.32/stable', current: '7964' } },
    },
  }),
  '/var/snap/microk8s/current': { link: '7964' },
  ...Object.fromEntries(
    Object.entries({
      'args/kubelet': kubelet,
      'args/kube-proxy': kubeProxy,
      'args/kube-controller-manager': controllerManager,
      'args/kube-apiserver': apiServer,
      'args/cni-network/cni.yaml': manifest,
      'args/cni-network/10-calico.conflist': JSON.stringify(conflist),
      'var/lock/ha-cluster': '',
      'var/lock/cni-loaded': '',
      'var/lock/no-flanneld': '',
      'var/lock/no-etcd': '',
      'var/lock/lite.lock': '',
    }).map(([file, text]) => [`/var/snap/microk8s/7964/${file}`, text]),
  ),
  ...Object.fromEntries(
    ['calico', 'calico-ipam', 'portmap', 'flannel', 'host-local', 'loopback'].map((name) => [
      `/var/snap/microk8s/7964/opt/cni/bin/${name}`,
      { program: '' },
    ]),
  ),
};

/** Changes of files below SNAP_DATA. */
export function changed(files: Tree): Tree {
  const entries = Object.entries(files).map(([file, text]) => [
    `/var/snap/microk8s/7964/${file}`,
    text,
  ]);
  return { ...microk8sNode, ...Object.fromEntries(entries) };
}
