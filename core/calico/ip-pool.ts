/**
 * The fields of an IPPool. Sources: api/pkg/apis/projectcalico/v3/ippool.go,
 * libcalico-go/lib/clientv3/ippool.go.
 */
import type { Pool, PoolField } from '../config/model.ts';
import { canonicalCidr } from '../config/net/canonical-cidr.ts';
import { flag, oneOf, text, wholeNumber, type FieldTable, type OtherField } from './field.ts';

const modes = ['Always', 'CrossSubnet', 'Never'] as const;
const assignmentModes = ['Automatic', 'Manual'] as const;

export interface IPPoolSpec {
  readonly cidr: string;
  readonly ipipMode: (typeof modes)[number];
  readonly vxlanMode: (typeof modes)[number];
  readonly natOutgoing: boolean;
  readonly blockSize?: number;
  readonly nodeSelector?: string;
  readonly disabled?: boolean;
  readonly assignmentMode?: (typeof assignmentModes)[number];
}

export const ipPoolFields: FieldTable<IPPoolSpec, Pool, PoolField> = {
  cidr: {
    setting: 'cidr',
    read: text,
    render: ({ network }) => network.cidr,
    isRequired: true,
    isImmutable: true,
    identity: ({ cidr }) => canonicalCidr(cidr),
  },
  ipipMode: {
    setting: 'ipip',
    read: oneOf(modes),
    // IPIP is for IPv4 only.
    render: ({ ipip, network }) => (network.family === 4 ? ipip : 'Never'),
    defaultOf: () => 'Never',
    isFilledIn: true,
  },
  vxlanMode: {
    setting: 'vxlan',
    read: oneOf(modes),
    render: ({ vxlan }) => vxlan,
    defaultOf: () => 'Never',
    isFilledIn: true,
  },
  natOutgoing: {
    setting: 'natOutgoing',
    read: flag,
    render: ({ natOutgoing }) => natOutgoing,
    defaultOf: () => false,
    isFilledIn: true,
  },
  blockSize: {
    setting: 'blockSize',
    read: wholeNumber,
    render: ({ blockSize }) => blockSize,
    defaultOf: defaultBlockSize,
    isWrittenIntoNew: true,
    isImmutable: true,
  },
  nodeSelector: {
    setting: 'nodeSelector',
    read: text,
    render: ({ nodeSelector }) => nodeSelector,
    defaultOf: () => 'all()',
    isWrittenIntoNew: true,
  },
  disabled: {
    setting: 'disabled',
    read: flag,
    render: ({ disabled }) => disabled,
    defaultOf: () => false,
  },
  assignmentMode: {
    setting: 'assignmentMode',
    read: oneOf(assignmentModes),
    render: ({ assignmentMode }) => assignmentMode,
    defaultOf: () => 'Automatic',
    isWrittenIntoNew: true,
  },
};

/** Fields that a NetworkConfig does not have, with Calico's defaults. */
export const otherIpPoolFields: Readonly<Record<string, OtherField>> = {
  allowedUses: { default: ['Workload', 'Tunnel'], isWrittenIntoNew: true },
  disableBGPExport: { default: false },
  namespaceSelector: { default: 'all()' },
};

/** The prefix length of the blocks into which IPAM divides the pool. */
export function defaultBlockSize({ cidr }: Pick<IPPoolSpec, 'cidr'>): number {
  return cidr.includes(':') ? 122 : 26;
}
