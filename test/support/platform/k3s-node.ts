/** A K3s server as its installer leaves it: a stand-in with the unit and the files that K3s writes. */
import type { Tree } from './host-tree.ts';

export const k3sUnit = `[Unit]
Description=Lightweight Kubernetes
Documentation=https://k3s.io
Wants=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-/etc/systemd/system/k3s.service.env
KillMode=process
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStart=/usr/local/bin/k3s \\
    server \\
	'--disable' \\
	'traefik' \\

`;

export const netConf = {
  Network: '10.42.0.0/16',
  EnableIPv6: false,
  EnableIPv4: true,
  IPv6Network: '::/0',
  Backend: { Type: 'vxlan' },
};

export const unitPath = '/etc/systemd/system/k3s.service';
export const configPath = '/etc/rancher/k3s/config.yaml';
export const netConfPath = '/var/lib/rancher/k3s/agent/etc/flannel/net-conf.json';

const calicoPrograms: Tree = Object.fromEntries(
  ['calico', 'calico-ipam'].map((name) => [`/opt/cni/bin/${name}`, { program: '' }]),
);

export const calicoConflist = JSON.stringify({
  name: 'k8s-pod-network',
  plugins: [
    {
      type: 'calico',
      ipam: { type: 'calico-ipam' },
      container_settings: { allow_ip_forwarding: true },
    },
  ],
});

export const k3sNode: Tree = {
  '/run/flannel/subnet.env':
    'FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_SUBNET=10.42.0.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  [unitPath]: k3sUnit,
  '/etc/systemd/system/k3s.service.env': 'K3S_TOKEN=a-secret-of-the-cluster\n',
  [netConfPath]: JSON.stringify(netConf),
  '/var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist': JSON.stringify({
    name: 'cbr0',
    cniVersion: '1.0.0',
    plugins: [{ type: 'flannel' }, { type: 'portmap' }],
  }),
  '/var/lib/rancher/k3s/data/current': { link: '0a1b2c' },
  '/var/lib/rancher/k3s/data/0a1b2c/bin/cni': { program: '' },
  '/var/lib/rancher/k3s/data/0a1b2c/bin/flannel': { link: 'cni' },
  '/var/lib/rancher/k3s/data/0a1b2c/bin/portmap': { link: 'cni' },
  ...calicoPrograms,
};
