/** The fields of cilium, and which of its releases each release of kops takes. */
import { field, unusedFields, type KopsField } from './field.ts';

const hubble: readonly KopsField[] = [
  field('enabled', 'flag?', 19, 'runs Hubble; needs certManager'),
  field('metrics', 'texts', 19),
];

const ingress: readonly KopsField[] = [
  field('enabled', 'flag?', 29),
  field('enforceHttps', 'flag?', 29),
  field('enableSecretsSync', 'flag?', 29),
  field('loadBalancerAnnotationPrefixes', 'text', 29),
  field('defaultLoadBalancerMode', 'text', 29, undefined, { values: ['shared', 'dedicated'] }),
  field('sharedLoadBalancerServiceName', 'text', 29),
];

const gatewayAPI: readonly KopsField[] = [
  field('enabled', 'flag?', 32),
  field('enableSecretsSync', 'flag?', 32),
];

/** Decoded by kops, and dropped: of 2018, when they were passed to cilium-agent. */
const dropped: readonly KopsField[] = [
  ...unusedFields(10, 18, {
    accessLog: 'text',
    agentLabels: 'texts',
    allowLocalhost: 'text',
    autoIpv6NodeRoutes: 'flag',
    bpfRoot: 'text',
    containerRuntime: 'texts',
    containerRuntimeEndpoint: 'map',
    debugVerbose: 'texts',
    device: 'text',
    disableConntrack: 'flag',
    disableIpv4: 'flag',
    disableK8sServices: 'flag',
    enableTracing: 'flag',
    envoyLog: 'text',
    ipv4ClusterCidrMaskSize: 'number',
    ipv4Node: 'text',
    ipv4Range: 'text',
    ipv4ServiceRange: 'text',
    ipv6ClusterAllocCidr: 'text',
    ipv6Node: 'text',
    ipv6Range: 'text',
    ipv6ServiceRange: 'text',
    k8sApiServer: 'text',
    k8sKubeconfigPath: 'text',
    keepBpfTemplates: 'flag',
    keepConfig: 'flag',
    labels: 'texts',
    lb: 'text',
    libDir: 'text',
    logDriver: 'texts',
    logOpt: 'map',
    logstash: 'flag',
    logstashAgent: 'text',
    logstashProbeTimer: 'number',
    nat46Range: 'text',
    pprof: 'flag',
    prefilterDevice: 'text',
    prometheusServeAddr: 'text',
    restore: 'flag',
    singleClusterRoute: 'flag',
    socketPath: 'text',
    stateDir: 'text',
    tracePayloadlen: 'number',
  }),
  ...unusedFields(10, 23, { labelPrefixFile: 'text' }),
  ...unusedFields(15, 18, {
    removeCbrBridge: 'flag',
    restartPods: 'flag',
    reconfigureKubelet: 'flag',
    nodeInitBootstrapFile: 'text',
    cniBinPath: 'text',
  }),
  ...unusedFields(15, 19, { enableipv6: 'flag', enableipv4: 'flag' }),
  ...unusedFields(15, 23, { containerRuntimeLabels: 'text' }),
];

export const ciliumFields: readonly KopsField[] = [
  field('tunnel', 'text', 9, 'chooses the tunnel between nodes', {
    values: ['vxlan', 'geneve', 'disabled'],
    initial: 'vxlan',
  }),
  field('ipam', 'text', 18, 'chooses where pod addresses come from; eni is AWS only', {
    values: ['hostscope', 'kubernetes', 'crd', 'eni'],
    initial: 'kubernetes',
  }),
  field('enableNodePort', 'flag', 15, 'replaces kube-proxy', { initial: 'false' }),
  field('enablePolicy', 'text', 10, 'chooses when policies are enforced', {
    values: ['default', 'always', 'never'],
    initial: 'default',
  }),
  field('identityAllocationMode', 'text', 22, 'chooses where identities are stored', {
    values: ['crd', 'kvstore'],
    initial: 'crd',
  }),
  field('etcdManaged', 'flag', 18, 'uses an etcd cluster named cilium', { initial: 'false' }),
  field('enableEncryption', 'flag', 19, 'encrypts traffic between pods', { initial: 'false' }),
  field('encryptionType', 'text', 22, 'chooses how traffic is encrypted', {
    values: ['ipsec', 'wireguard'],
    initial: 'ipsec',
  }),
  field('nodeEncryption', 'flag', 28, 'encrypts traffic between nodes too'),
  field('disableMasquerade', 'flag?', 10, 'keeps the pod address outside of the cluster', {
    v3: 'masquerade',
    isInvertedInV3: true,
  }),
  field('IPTablesRulesNoinstall', 'flag?', 15, "leaves Cilium's iptables rules out", {
    v3: 'installIptablesRules',
    isInvertedInV3: true,
  }),
  field('monitorAggregation', 'text', 15, undefined, {
    values: ['low', 'medium', 'maximum'],
    initial: 'medium',
  }),
  field('bpfLBAlgorithm', 'text', 22, undefined, {
    values: ['random', 'maglev'],
    initial: 'random',
  }),
  field('hubble', hubble, 19),
  field('ingress', ingress, 29),
  field('gatewayAPI', gatewayAPI, 32),
  field('version', 'text', 10, "replaces Cilium's version"),
  field('registry', 'text', 27),
  field('debug', 'flag', 9),
  field('agentPrometheusPort', 'number', 15, undefined, { initial: '9090' }),
  field('enablePrometheusMetrics', 'flag', 15),
  field('metrics', 'texts', 24),
  field('bpfCTGlobalTCPMax', 'number', 15),
  field('bpfCTGlobalAnyMax', 'number', 15),
  field('bpfLBMaglevTableSize', 'text', 22),
  field('bpfNATGlobalMax', 'number', 22),
  field('bpfNeighGlobalMax', 'number', 22),
  field('bpfPolicyMapMax', 'number', 22),
  field('bpfLBMapMax', 'number', 22),
  field('bpfLBSock', 'flag', 34),
  field('bpfLBSockHostNSOnly', 'flag', 23),
  field('preallocateBPFMaps', 'flag', 15),
  field('sidecarIstioProxyImage', 'text', 15),
  field('clusterName', 'text', 15),
  field('clusterID', 'number', 28),
  field('toFqdnsEnablePoller', 'flag', 15, undefined, { v3: 'toFQDNsEnablePoller' }),
  field('toFqdnsDnsRejectResponseCode', 'text', 18, undefined, {
    v3: 'toFQDNsDNSRejectResponseCode',
  }),
  field('autoDirectNodeRoutes', 'flag', 15),
  field('enableRemoteNodeIdentity', 'flag?', 17),
  field('enableHostReachableServices', 'flag', 20),
  field('memoryRequest', 'quantity', 21),
  field('cpuRequest', 'quantity', 21),
  field('disableEndpointCRD', 'flag', 22),
  field('enableL7Proxy', 'flag?', 22),
  field('enableBPFMasquerade', 'flag?', 22),
  field('enableEndpointHealthChecking', 'flag?', 22),
  field('identityChangeGracePeriod', 'text', 22),
  field('disableCNPStatusUpdates', 'flag?', 22),
  field('chainingMode', 'text', 23),
  field('agentPodAnnotations', 'map', 23),
  field('operatorPodAnnotations', 'map', 26),
  field('enableServiceTopology', 'flag', 23),
  field('enableUnreachableRoutes', 'flag?', 27),
  field('enableLocalRedirectPolicy', 'flag?', 31),
  field('cniExclusive', 'flag?', 32),
  field('extraConfig', 'map', 34, 'adds keys to the ConfigMap cilium-config'),
  field('enableHostFirewall', 'flag?', 36),
  ...dropped,
];

/** The minor versions of Cilium (1.N) that kops 1.N takes in `version` (validateNetworkingCilium). */
export const ciliumVersions: readonly {
  readonly kops: number;
  readonly from: number;
  readonly to: number;
}[] = [
  { kops: 19, from: 6, to: 8 },
  { kops: 20, from: 6, to: 9 },
  { kops: 21, from: 6, to: 10 },
  { kops: 22, from: 8, to: 10 },
  { kops: 23, from: 8, to: 11 },
  { kops: 25, from: 11, to: 11 },
  { kops: 26, from: 12, to: 12 },
  { kops: 28, from: 13, to: 13 },
  { kops: 29, from: 15, to: 15 },
  { kops: 31, from: 16, to: 16 },
  { kops: 34, from: 18, to: 18 },
];
