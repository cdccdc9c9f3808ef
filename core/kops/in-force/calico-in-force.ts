/**
 * The modes that kops gives to Calico: pkg/model/components/calico.go and the functions
 * CalicoIPv4PoolIPIPMode and CalicoIPv4PoolVXLANMode of upup/pkg/fi/cloudup/template_functions.go.
 */
import { fieldsOf, scalarOf, textOf } from '../../config/yaml/read-values.ts';
import { cloudOf, isIpv6, providersOf, type JudgedCluster } from '../document/facts.ts';

export interface CalicoInForce {
  readonly encapsulation: string;
  readonly backend: 'bird' | 'vxlan' | 'none';
  /** The modes of the IPPool that Calico makes at its first start. */
  readonly ipip: string;
  readonly vxlan: string;
  /** The component that switches EC2's source/destination check off. */
  readonly sourceCheck: 'felix' | 'k8s-ec2-srcdst' | 'nobody';
}

export function calicoInForce(cluster: JudgedCluster): CalicoInForce {
  const found = providersOf(cluster).find(({ provider }) => provider.key === 'calico');
  const fields = fieldsOf(found?.entry.value);
  const text = (name: string): string | undefined => textOf(fields.get(name))?.value;
  const { kops } = cluster.target;
  const cloud = cloudOf(cluster);
  const isIpv6Cluster = isIpv6(cluster) && kops >= 23;
  const isAzure = cloud === 'azure' && kops >= 35;
  const encapsulation =
    text('encapsulationMode') ?? (isIpv6Cluster ? 'none' : isAzure ? 'vxlan' : 'ipip');
  const crossSubnet = scalarOf(fields.get('crossSubnet'))?.value === true;
  const usual = usualMode(kops, crossSubnet, cloud);
  return {
    encapsulation,
    backend: encapsulation === 'ipip' ? 'bird' : encapsulation === 'vxlan' ? 'vxlan' : 'none',
    ipip: encapsulation === 'ipip' ? (text('ipipMode') ?? usual) : 'Never',
    vxlan:
      encapsulation === 'vxlan' ? (text('vxlanMode') ?? (isAzure ? 'Always' : usual)) : 'Never',
    sourceCheck: sourceCheckOf(kops, cloud, crossSubnet, text('awsSrcDstCheck'), isIpv6Cluster),
  };
}

function usualMode(kops: number, crossSubnet: boolean, cloud: string | undefined): string {
  if (kops >= 22) return cloud === 'openstack' ? 'Always' : 'CrossSubnet';
  if (!crossSubnet) return 'Always';
  return kops >= 19 || cloud === undefined || cloud === 'aws' ? 'CrossSubnet' : 'Always';
}

function sourceCheckOf(
  kops: number,
  cloud: string | undefined,
  crossSubnet: boolean,
  given: string | undefined,
  isIpv6Cluster: boolean,
): CalicoInForce['sourceCheck'] {
  if (cloud !== 'aws' || isIpv6Cluster) return 'nobody';
  if (kops < 19) return crossSubnet ? 'k8s-ec2-srcdst' : 'nobody';
  if (given !== undefined) return given === 'Disable' ? 'felix' : 'nobody';
  return kops >= 22 || crossSubnet ? 'felix' : 'nobody';
}
