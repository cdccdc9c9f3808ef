/**
 * The flags of K3s that decide about a node's network, and the names of the others. Sources:
 * k3s pkg/cli/cmds/server.go and agent.go.
 */
type FlagKind =
  /** One text: the last one wins. */
  | 'text'
  /** Repeatable: all of them add up. */
  | 'list'
  /** True or false. */
  | 'switch';

export interface K3sFlag {
  readonly kind: FlagKind;
  /** Agents do not know it. */
  readonly serverOnly?: true;
  readonly default?: string;
  /** The environment variable that K3s reads where no flag is given. */
  readonly variable?: string;
}

/** The report shows only their values, because the others may be tokens and passwords. */
export const networkFlags: ReadonlyMap<string, K3sFlag> = new Map<string, K3sFlag>([
  ['cluster-cidr', { kind: 'list', serverOnly: true, default: '10.42.0.0/16' }],
  ['service-cidr', { kind: 'list', serverOnly: true, default: '10.43.0.0/16' }],
  ['service-node-port-range', { kind: 'text', serverOnly: true, default: '30000-32767' }],
  ['cluster-dns', { kind: 'list', serverOnly: true }],
  ['cluster-domain', { kind: 'text', serverOnly: true, default: 'cluster.local' }],
  ['flannel-backend', { kind: 'text', serverOnly: true, default: 'vxlan' }],
  ['flannel-ipv6-masq', { kind: 'switch', serverOnly: true, default: 'false' }],
  ['flannel-external-ip', { kind: 'switch', serverOnly: true, default: 'false' }],
  ['egress-selector-mode', { kind: 'text', serverOnly: true, default: 'agent' }],
  ['servicelb-namespace', { kind: 'text', serverOnly: true, default: 'kube-system' }],
  ['disable', { kind: 'list', serverOnly: true }],
  ['disable-network-policy', { kind: 'switch', serverOnly: true, default: 'false' }],
  ['disable-kube-proxy', { kind: 'switch', serverOnly: true, default: 'false' }],
  ['disable-cloud-controller', { kind: 'switch', serverOnly: true, default: 'false' }],
  ['bind-address', { kind: 'text' }],
  ['advertise-address', { kind: 'text', serverOnly: true }],
  ['data-dir', { kind: 'text', default: '/var/lib/rancher/k3s', variable: 'K3S_DATA_DIR' }],
  ['server', { kind: 'text', variable: 'K3S_URL' }],
  ['node-name', { kind: 'text', variable: 'K3S_NODE_NAME' }],
  ['node-ip', { kind: 'list' }],
  ['node-external-ip', { kind: 'list' }],
  ['resolv-conf', { kind: 'text', variable: 'K3S_RESOLV_CONF' }],
  ['flannel-iface', { kind: 'text' }],
  ['flannel-conf', { kind: 'text' }],
  ['flannel-cni-conf', { kind: 'text' }],
  ['no-flannel', { kind: 'switch' }],
]);

/** Short names, as a key of one letter has them. */
export const shortNames: Readonly<Record<string, string>> = {
  c: 'config',
  d: 'data-dir',
  i: 'node-ip',
  l: 'log',
  o: 'write-kubeconfig',
  s: 'server',
  t: 'token',
};

/** Switches among the other flags: on a command line no value follows them. */
const otherSwitches: ReadonlySet<string> = new Set(
  `debug alsologtostderr tls-san-security cluster-init cluster-reset etcd-expose-metrics
  etcd-disable-snapshots etcd-snapshot-compress etcd-s3 etcd-s3-skip-ssl-verify etcd-s3-insecure
  disable-scheduler disable-helm-controller disable-apiserver disable-controller-manager disable-etcd
  disable-agent embedded-registry docker disable-default-registry-endpoint with-node-id
  protect-kernel-defaults secrets-encryption enable-pprof rootless prefer-bundled-bin selinux
  disable-selinux supervisor-metrics kine-tls nonroot-devices multi-cluster-cidr
  disable-apiserver-lb prime`.split(/\s+/),
);

/** Repeatable flags that do not concern the network. */
const otherLists: ReadonlySet<string> = new Set(
  `tls-san kube-apiserver-arg etcd-arg kube-controller-manager-arg kube-controller-arg
  kube-scheduler-arg kube-cloud-controller-manager-arg kube-cloud-controller-arg node-label
  node-taint kubelet-arg kube-proxy-arg airgap-extra-registry no-deploy node-internal-dns
  node-external-dns`.split(/\s+/),
);

/** Flags with one value that do not concern the network. */
const otherFlags: ReadonlySet<string> = new Set(
  `config v vmodule log https-listen-port advertise-port write-kubeconfig
  write-kubeconfig-mode write-kubeconfig-group helm-job-image token token-file agent-token
  agent-token-file cluster-reset-restore-path datastore-endpoint datastore-cafile
  datastore-certfile datastore-keyfile etcd-snapshot-name etcd-snapshot-schedule-cron
  etcd-snapshot-retention etcd-snapshot-dir etcd-snapshot-reconcile-interval etcd-s3-endpoint
  etcd-s3-endpoint-ca etcd-s3-access-key etcd-s3-secret-key etcd-s3-session-token etcd-s3-bucket
  etcd-s3-bucket-lookup-type etcd-s3-region etcd-s3-folder etcd-s3-proxy etcd-s3-config-secret
  etcd-s3-timeout etcd-s3-retention default-local-storage-path
  image-credential-provider-bin-dir image-credential-provider-config container-runtime-endpoint
  default-runtime image-service-endpoint pause-image snapshotter private-registry
  system-default-registry vpn-auth vpn-auth-file
  secrets-encryption-provider lb-server-port cluster-secret`.split(/\s+/),
);

/** Flags of the lists above that agents know as well. Source: k3s pkg/cli/cmds/agent.go. */
const otherFlagsOfAgents: ReadonlySet<string> = new Set(
  `config debug v vmodule log alsologtostderr token token-file with-node-id node-label node-taint
  image-credential-provider-bin-dir image-credential-provider-config selinux lb-server-port
  protect-kernel-defaults container-runtime-endpoint default-runtime image-service-endpoint
  pause-image snapshotter private-registry disable-default-registry-endpoint airgap-extra-registry
  kubelet-arg kube-proxy-arg enable-pprof rootless prefer-bundled-bin nonroot-devices
  disable-selinux docker cluster-secret vpn-auth vpn-auth-file disable-apiserver-lb
  node-internal-dns node-external-dns`.split(/\s+/),
);

/** Whether agents do not know a flag that servers know. */
export function isServerOnly(name: string): boolean {
  const known = networkFlags.get(name);
  return known === undefined ? !otherFlagsOfAgents.has(name) : known.serverOnly === true;
}

/** undefined: unknown here; another release of K3s may know it. */
export function flagKind(name: string): FlagKind | undefined {
  const known = networkFlags.get(name);
  if (known !== undefined) return known.kind;
  if (otherSwitches.has(name)) return 'switch';
  if (otherLists.has(name)) return 'list';
  return otherFlags.has(name) ? 'text' : undefined;
}

export function flagNames(): readonly string[] {
  return [...networkFlags.keys(), ...otherSwitches, ...otherLists, ...otherFlags];
}
