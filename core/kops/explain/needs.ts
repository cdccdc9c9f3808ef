/**
 * What a provider needs beside the document: permissions of AWS (pkg/model/iam/iam_builder.go of
 * 1.36), open ports between nodes, and the places of its logs.
 */
import { fieldsOf, scalarOf, textOf } from '../../config/yaml/read-values.ts';
import { cloudOf, providerOf, type JudgedCluster } from '../document/facts.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';

export interface Need {
  readonly what: 'permissions' | 'ports' | 'logs' | 'secret' | 'kube-proxy' | 'install';
  readonly text: string;
  /** An IAM statement as JSON, or commands, line by line. */
  readonly paste?: readonly string[];
}

export function needsOf(cluster: JudgedCluster): readonly Need[] {
  const found = providerOf(cluster);
  if (found === undefined) return [];
  const { key } = found.provider;
  const fields = fieldsOf(found.entry.value);
  const isOn = (name: string): boolean => scalarOf(fields.get(name))?.value === true;
  return [
    ...permissions(cluster, key, textOf(fields.get('ipam'))?.value),
    ...ports(cluster, key, isOn('wireguardEnabled')),
    ...proxy(key, isOn('bpfEnabled') || isOn('enableNodePort')),
    ...others(key),
  ];
}

function permissions(
  cluster: JudgedCluster,
  key: string,
  ipam: string | undefined,
): readonly Need[] {
  if (cloudOf(cluster) !== 'aws') return [];
  const actions = actionsOf(cluster, key, ipam);
  if (actions === undefined) return [];
  return [
    {
      what: 'permissions',
      text: `kops adds these to the roles of ${actions.roles}; add them yourself where the roles are your own (spec.externalPolicies, instance profiles)`,
      paste: statement(actions.names),
    },
  ];
}

function actionsOf(
  cluster: JudgedCluster,
  key: string,
  ipam: string | undefined,
): { readonly names: readonly string[]; readonly roles: string } | undefined {
  switch (key) {
    case 'calico': {
      const { sourceCheck } = calicoInForce(cluster);
      if (sourceCheck === 'felix') return { names: calicoActions, roles: 'all nodes' };
      return sourceCheck === 'k8s-ec2-srcdst'
        ? {
            names: ['ec2:DescribeInstances', 'ec2:ModifyInstanceAttribute'],
            roles: 'the control planes',
          }
        : undefined;
    }
    case 'kuberouter':
    case 'kindnet':
      return { names: ['ec2:ModifyInstanceAttribute'], roles: 'all nodes' };
    case 'amazonvpc':
      return { names: amazonVpcActions, roles: 'all nodes' };
    case 'cilium':
      return ipam === 'eni' ? { names: ciliumEniActions, roles: 'the control planes' } : undefined;
    default:
      return undefined;
  }
}

const calicoActions = ['ec2:DescribeInstances', 'ec2:ModifyNetworkInterfaceAttribute'];

const amazonVpcActions = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:AttachNetworkInterface',
  'ec2:CreateNetworkInterface',
  'ec2:CreateTags',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeInstances',
  'ec2:DescribeInstanceTypes',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DescribeTags',
  'ec2:DetachNetworkInterface',
  'ec2:ModifyNetworkInterfaceAttribute',
  'ec2:UnassignPrivateIpAddresses',
];

const ciliumEniActions = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:AttachNetworkInterface',
  'ec2:CreateNetworkInterface',
  'ec2:CreateTags',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeInstances',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeTags',
  'ec2:DescribeVpcs',
  'ec2:ModifyNetworkInterfaceAttribute',
  'ec2:UnassignPrivateIpAddresses',
];

function statement(actions: readonly string[]): readonly string[] {
  return JSON.stringify({ Effect: 'Allow', Action: actions, Resource: ['*'] }, null, 2).split('\n');
}

function ports(cluster: JudgedCluster, key: string, isEncrypted: boolean): readonly Need[] {
  const text = key === 'calico' ? calicoPorts(cluster, isEncrypted) : portsOf[key];
  if (text === undefined) return [];
  return [{ what: 'ports', text: `between nodes: ${text}` }];
}

function calicoPorts(cluster: JudgedCluster, isEncrypted: boolean): string {
  const { backend } = calicoInForce(cluster);
  const list = [
    ...(backend === 'bird' ? ['TCP 179 (BGP)', 'IP protocol 4 (IP-in-IP)'] : []),
    ...(backend === 'vxlan' ? ['UDP 4789 (VXLAN)'] : []),
    ...(isEncrypted ? ['UDP 51820 (WireGuard)'] : []),
    'TCP 5473 (Typha, with typhaReplicas)',
  ];
  return list.join(', ');
}

const portsOf: Readonly<Record<string, string>> = {
  flannel: 'UDP 8472 (vxlan) or 8285 (udp)',
  canal: 'UDP 8472 (VXLAN)',
  weave: 'TCP and UDP 6783, UDP 6784',
  kuberouter: 'TCP 179 (BGP), IP protocol 4 (IP-in-IP between subnets)',
  cilium: 'UDP 8472 (vxlan) or 6081 (geneve), TCP 4240 (health)',
  kopeio: 'UDP 4789 (VXLAN)',
  romana: 'TCP 4001 from nodes to control planes (etcd)',
};

function proxy(key: string, isReplaced: boolean): readonly Need[] {
  if (key !== 'kuberouter' && !isReplaced) return [];
  const text = 'spec.kubeProxy.enabled: false, because this provider routes Services itself';
  return [{ what: 'kube-proxy', text }];
}

function others(key: string): readonly Need[] {
  switch (key) {
    case 'amazonvpc':
      return [{ what: 'logs', text: '/var/log/aws-routed-eni on each node' }];
    case 'weave':
      return [
        {
          what: 'secret',
          text: 'the password of the encryption is a secret of kops and not in the document; with none kops makes one; nodes with and without it do not reach each other',
          paste: [
            'tr -dc A-Za-z0-9 < /dev/urandom | head -c 24 > weave-password',
            'kops create secret weavepassword -f weave-password',
            'kops update cluster --yes',
          ],
        },
      ];
    case 'cni':
      return [
        {
          what: 'install',
          text: 'your CNI plugin, when the control planes are there; nodes stay NotReady until then',
        },
      ];
    default:
      return [];
  }
}
