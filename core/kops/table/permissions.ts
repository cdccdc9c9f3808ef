/**
 * The permissions of AWS that kops' releases give for a provider: pkg/model/iam/iam_builder.go of the
 * release branches 1.8 to 1.36 (addAmazonVPCCNIPermissions, addCiliumEniPermissions and so on).
 */

/** One action, with the releases 1.N that give it. */
interface GivenAction {
  readonly action: string;
  readonly since: number;
  /** The last one. */
  readonly until?: number;
}

function given(since: number, names: readonly string[], until?: number): readonly GivenAction[] {
  const last = until === undefined ? {} : { until };
  return names.map((name) => ({ action: `ec2:${name}`, since, ...last }));
}

const interfaces = [
  'AssignPrivateIpAddresses',
  'AttachNetworkInterface',
  'CreateNetworkInterface',
  'DeleteNetworkInterface',
  'DescribeNetworkInterfaces',
  'ModifyNetworkInterfaceAttribute',
] as const;

const amazonVpc: readonly GivenAction[] = [
  ...given(9, interfaces),
  ...given(9, ['DescribeInstances', 'DetachNetworkInterface']),
  { action: 'tag:TagResources', since: 9, until: 15 },
  ...given(12, ['CreateTags']),
  ...given(13, ['UnassignPrivateIpAddresses']),
  ...given(16, ['DescribeInstanceTypes', 'DescribeTags']),
  ...given(35, ['DescribeSubnets']),
];

const ciliumEni: readonly GivenAction[] = [
  ...given(18, interfaces),
  ...given(18, ['DescribeSecurityGroups', 'DescribeSubnets', 'DescribeVpcs']),
  ...given(18, ['UnassignPrivateIpAddresses']),
  ...given(18, ['DescribeVpcPeeringConnections', 'DetachNetworkInterface'], 33),
  ...given(25, ['CreateTags']),
  ...given(34, ['DescribeInstances', 'DescribeRouteTables', 'DescribeTags']),
];

const lyftVpc: readonly GivenAction[] = [
  ...given(11, interfaces, 22),
  ...given(11, ['DescribeSecurityGroups', 'DescribeSubnets'], 22),
  ...given(11, ['DescribeVpcPeeringConnections', 'DetachNetworkInterface'], 22),
  ...given(11, ['UnassignPrivateIpAddresses'], 22),
  ...given(16, ['DescribeInstanceTypes', 'DescribeVpcs'], 22),
];

const romana: readonly GivenAction[] = [
  ...given(8, ['DescribeAvailabilityZones', 'DescribeVpcs'], 18),
  ...given(9, ['CreateRoute', 'DeleteRoute', 'ReplaceRoute'], 18),
];

const sourceCheck = given(19, ['DescribeInstances', 'ModifyNetworkInterfaceAttribute']);
/** The control planes have these two for other purposes. */
const srcDst = given(5, ['DescribeInstances', 'ModifyInstanceAttribute'], 18);

export const permissionRows = {
  amazonvpc: { actions: amazonVpc, roles: 'all nodes' },
  /** With `ipam: eni`. */
  cilium: { actions: ciliumEni, roles: 'the control planes' },
  lyftvpc: { actions: lyftVpc, roles: 'all nodes' },
  romana: { actions: romana, roles: 'the control planes' },
  /** Where Felix has to set the source/destination check. */
  calico: { actions: sourceCheck, roles: 'all nodes' },
  'k8s-ec2-srcdst': { actions: srcDst, roles: 'the control planes' },
  kuberouter: { actions: given(29, ['ModifyInstanceAttribute']), roles: 'all nodes' },
  kindnet: { actions: given(32, ['ModifyInstanceAttribute']), roles: 'all nodes' },
} as const;

export type PermissionRow = keyof typeof permissionRows;

/** Sorted; empty: this release gives none. @param kops N for kops 1.N */
export function actionsIn(row: PermissionRow, kops: number): readonly string[] {
  return permissionRows[row].actions
    .filter(({ since, until }) => since <= kops && (until === undefined || kops <= until))
    .map(({ action }) => action)
    .toSorted();
}
