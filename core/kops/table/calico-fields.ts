/**
 * The fields of calico and canal: pkg/apis/kops/v1alpha2/networking.go of each release branch; values
 * from pkg/apis/kops/validation/validation.go, initial values from the add-on's template of 1.36.
 */
import { field, type KopsField } from './field.ts';

const chainInsertModes = { values: ['insert', 'append'], initial: 'insert' } as const;
const iptablesBackends = { values: ['Auto', 'Legacy', 'NFT'], initial: 'Auto' } as const;
const poolModes = ['Always', 'CrossSubnet', 'Never'] as const;

export const calicoFields: readonly KopsField[] = [
  field('crossSubnet', 'flag?', 6, 'encapsulates between subnets only', {
    v3: null,
    unusedSince: 22,
  }),
  field('encapsulationMode', 'text', 19, 'chooses IP-in-IP with BIRD, or VXLAN without BGP', {
    values: ['ipip', 'vxlan', 'none'],
  }),
  field('ipipMode', 'text', 15, 'sets the IP-in-IP mode of the first IPPool', {
    values: poolModes,
  }),
  field('vxlanMode', 'text', 22, 'sets the VXLAN mode of the first IPPool', { values: poolModes }),
  field('awsSrcDstCheck', 'text', 19, 'lets Felix switch the source/destination check of EC2', {
    values: ['Enable', 'Disable', 'DoNothing'],
  }),
  field('mtu', 'number?', 10, 'sets the MTU of pods and tunnels; 0 lets Calico detect it', {
    initial: 'detected by Calico',
  }),
  field('ipv4AutoDetectionMethod', 'text', 19, "chooses the node's IPv4 address", {
    initial: 'first-found',
  }),
  field('ipv6AutoDetectionMethod', 'text', 19, "chooses the node's IPv6 address", {
    initial: 'none, first-found in an IPv6 cluster',
  }),
  field('typhaReplicas', 'number', 15, 'runs this many Typhas; for 50 nodes and more', {
    initial: '0',
  }),
  field('bpfEnabled', 'flag', 19, 'replaces iptables and kube-proxy by eBPF', { initial: 'false' }),
  field('bpfExternalServiceMode', 'text', 19, 'chooses the way back from a node port with eBPF', {
    values: ['Tunnel', 'DSR'],
    initial: 'Tunnel',
  }),
  field('bpfKubeProxyIptablesCleanupEnabled', 'flag', 19, "removes kube-proxy's iptables rules"),
  field('bpfLogLevel', 'text', 19, 'sets the log level of the eBPF programs', {
    values: ['Off', 'Info', 'Debug'],
    initial: 'Off',
  }),
  field('wireguardEnabled', 'flag?', 18, 'encrypts traffic between pods of different nodes', {
    initial: 'false',
  }),
  field(
    'chainInsertMode',
    'text',
    19,
    "puts Felix's rules before or after others",
    chainInsertModes,
  ),
  field('iptablesBackend', 'text', 17, 'chooses the iptables program of Felix', iptablesBackends),
  field('nftablesMode', 'text', 35, 'uses nftables in place of iptables'),
  field('allowIPForwarding', 'flag', 23, 'allows pods to forward packets'),
  field('registry', 'text', 19, "replaces the registry of Calico's images", {
    initial: 'docker.io',
  }),
  field('version', 'text', 19, "replaces the tag of Calico's images"),
  field('cpuRequest', 'quantity', 18, 'requests CPU for calico-node'),
  field('logSeverityScreen', 'text', 9, "sets Felix's log level", { initial: 'info' }),
  field('prometheusMetricsEnabled', 'flag', 9, "serves Felix's metrics"),
  field('prometheusMetricsPort', 'number', 9, "sets the port of Felix's metrics", {
    initial: '9091',
  }),
  field('prometheusGoMetricsEnabled', 'flag', 9),
  field('prometheusProcessMetricsEnabled', 'flag', 9),
  field('typhaPrometheusMetricsEnabled', 'flag', 15, "serves Typha's metrics"),
  field('typhaPrometheusMetricsPort', 'number', 15, "sets the port of Typha's metrics", {
    initial: '9093',
  }),
  field('majorVersion', 'text', 11, "chose Calico's major version", {
    v3: null,
    unusedSince: 20,
    values: ['v3'],
  }),
];

export const canalFields: readonly KopsField[] = [
  field('chainInsertMode', 'text', 8, undefined, chainInsertModes),
  field('defaultEndpointToHostAction', 'text', 8, 'decides about packets from pods to their node', {
    values: ['ACCEPT', 'DROP', 'RETURN'],
    initial: 'ACCEPT',
  }),
  field('disableFlannelForwardRules', 'flag?', 12, "leaves flannel's ACCEPT rules out", {
    v3: 'flanneldIptablesForwardRules',
    isInvertedInV3: true,
  }),
  field('disableTxChecksumOffloading', 'flag', 18, undefined, { v3: null, unusedSince: 19 }),
  field('iptablesBackend', 'text', 17, undefined, iptablesBackends),
  field('logSeveritySys', 'text', 10, undefined, {
    values: ['INFO', 'DEBUG', 'WARNING', 'ERROR', 'CRITICAL', 'NONE'],
    initial: 'INFO',
  }),
  field('mtu', 'number?', 12, 'sets the MTU of pods'),
  field('cpuRequest', 'quantity', 18),
  field('prometheusMetricsEnabled', 'flag', 8),
  field('prometheusMetricsPort', 'number', 8),
  field('prometheusGoMetricsEnabled', 'flag', 8),
  field('prometheusProcessMetricsEnabled', 'flag', 8),
  field('typhaPrometheusMetricsEnabled', 'flag', 17),
  field('typhaPrometheusMetricsPort', 'number', 17),
  field('typhaReplicas', 'number', 17),
];
