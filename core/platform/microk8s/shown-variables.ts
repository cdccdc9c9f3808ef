/** The variables of calico-node that decide about the network, and that are shown. */
export const shownVariables = [
  'IP',
  'IP_AUTODETECTION_METHOD',
  'IP6',
  'IP6_AUTODETECTION_METHOD',
  'CALICO_IPV4POOL_CIDR',
  'CALICO_IPV4POOL_IPIP',
  'CALICO_IPV4POOL_VXLAN',
  'CALICO_IPV6POOL_CIDR',
  'CALICO_IPV6POOL_IPIP',
  'CALICO_IPV6POOL_VXLAN',
  'FELIX_IPV6SUPPORT',
];
