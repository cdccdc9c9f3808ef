/** The ranges of a cluster, and how they lie in each other: validateNetworking, validateSubnets. */
import type { Findings } from '../../findings.ts';
import type { Issue, Place } from '../../issue.ts';
import { contains, overlaps, parseNetwork } from '../../config/net/address.ts';
import type { Network } from '../../config/model.ts';
import type { Located } from '../../config/yaml/located.ts';
import { fieldsOf, itemsOf, textOf } from '../../config/yaml/read-values.ts';
import { networkValue, providersOf, type JudgedCluster } from '../document/facts.ts';

interface Range {
  readonly name: string;
  readonly network: Network;
  readonly place: Place;
}

export function checkRanges(cluster: JudgedCluster, findings: Findings): void {
  const read = (name: string): Range | undefined =>
    rangeOf(name, networkValue(cluster, name), findings);
  const network = read('networkCIDR');
  const more = itemsOf(networkValue(cluster, 'additionalNetworkCIDRs')).flatMap(
    (item) => rangeOf('additionalNetworkCIDRs', item, findings) ?? [],
  );
  const nonMasquerade = read('nonMasqueradeCIDR');
  const pods = read('podCIDR');
  const services = read('serviceClusterIPRange');
  const clouds = [...(network === undefined ? [] : [network]), ...more];
  checkNonMasquerade(cluster, nonMasquerade, clouds, findings);
  checkInside(cluster, nonMasquerade, pods, services, findings);
  if (pods !== undefined && services !== undefined && overlaps(pods.network, services.network)) {
    const message = `serviceClusterIPRange ${services.network.cidr} overlaps podCIDR ${pods.network.cidr}; kops 1.28 and newer let this through`;
    const hint = 'choose ranges that share no address: a pod could get the address of a Service';
    findings.error(services.place, 'kops-ranges', message, hint);
  }
  for (const subnet of itemsOf(networkValue(cluster, 'subnets'))) {
    checkSubnet(cluster, subnet, { clouds, pods, services }, findings);
  }
}

function checkNonMasquerade(
  cluster: JudgedCluster,
  range: Range | undefined,
  clouds: readonly Range[],
  findings: Findings,
): void {
  if (range === undefined) return;
  if (range.network.family === 6 && range.network.cidr !== '::/0') {
    const message = 'nonMasqueradeCIDR of an IPv6 cluster can only be ::/0';
    findings.error(range.place, 'kops-ranges', message, 'write "::/0"');
  }
  const shared = clouds.find(({ network }) => overlaps(network, range.network));
  if (shared === undefined || takesCloudAddresses(cluster)) return;
  const message = `nonMasqueradeCIDR ${range.network.cidr} overlaps ${shared.name} ${shared.network.cidr}`;
  const hint =
    'keep the default, 100.64.0.0/10, or choose a range that the cloud network does not have';
  findings.error(range.place, 'kops-ranges', message, hint);
}

/** Since kops 1.28 pods must be inside of it, and Services need not. */
function checkInside(
  { target }: JudgedCluster,
  nonMasquerade: Range | undefined,
  pods: Range | undefined,
  services: Range | undefined,
  findings: Findings,
): void {
  const inner = target.kops >= 28 ? pods : services;
  if (nonMasquerade === undefined || inner === undefined) return;
  if (contains(nonMasquerade.network, inner.network)) return;
  const message = `${inner.name} ${inner.network.cidr} is not inside of nonMasqueradeCIDR ${nonMasquerade.network.cidr}`;
  const hint =
    'choose a part of nonMasqueradeCIDR: in the default, 100.96.0.0/11 for pods and 100.64.0.0/13 for Services';
  findings.error(inner.place, 'kops-ranges', message, hint);
}

/** Pods have addresses of the cloud network with these. */
function takesCloudAddresses(cluster: JudgedCluster): boolean {
  return providersOf(cluster).some(
    ({ provider: { key }, entry }) =>
      key === 'amazonvpc' ||
      key === 'lyftvpc' ||
      (key === 'cilium' && textOf(fieldsOf(entry.value).get('ipam'))?.value === 'eni'),
  );
}

interface Ranges {
  readonly clouds: readonly Range[];
  readonly pods: Range | undefined;
  readonly services: Range | undefined;
}

function checkSubnet(
  cluster: JudgedCluster,
  subnet: Located,
  { clouds, pods, services }: Ranges,
  findings: Findings,
): void {
  const fields = fieldsOf(subnet);
  const name = textOf(fields.get('name'))?.value ?? '?';
  const range = rangeOf(`subnet "${name}"`, fields.get('cidr'), findings);
  if (range === undefined) return;
  const { cidr } = range.network;
  if (clouds.length > 0 && !clouds.some(({ network }) => contains(network, range.network))) {
    const given = clouds.map(({ network }) => network.cidr).join(', ');
    const message = `subnet "${name}" (${cidr}) is not inside of the cloud network ${given}`;
    findings.error(
      range.place,
      'kops-ranges',
      message,
      'choose a part of it, or add to additionalNetworkCIDRs',
    );
  }
  if (cluster.target.kops < 28) return;
  for (const other of [takesCloudAddresses(cluster) ? undefined : pods, services]) {
    if (other === undefined || !overlaps(range.network, other.network)) continue;
    const message = `subnet "${name}" (${cidr}) overlaps ${other.name} ${other.network.cidr}`;
    findings.error(range.place, 'kops-ranges', message, 'choose ranges that share no address');
  }
}

/** undefined: it is left out, or no range; the issue is reported. */
function rangeOf(name: string, node: Located | undefined, findings: Findings): Range | undefined {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined;
  const text = textOf(node);
  if (text === undefined) {
    findings.error(node.place, 'kops-value-type', `${name} is a text`, 'write it as 10.0.0.0/16');
    return undefined;
  }
  const parsed = parseNetwork(text.value);
  if (!parsed.ok) {
    findings.add([rangeIssue(text.place, `${name}: ${parsed.message}`, parsed.hint)]);
    return undefined;
  }
  const { network, hostBits } = parsed.value;
  if (hostBits) {
    const message = `${name} "${text.value}" has bits beyond its prefix length`;
    findings.add([rangeIssue(text.place, message, `write ${network.cidr}`)]);
  }
  return { name, network, place: text.place };
}

function rangeIssue(place: Place, message: string, hint: string | undefined): Issue {
  return {
    severity: 'error',
    code: 'kops-range',
    ...place,
    message,
    hint: hint ?? 'write it as 10.0.0.0/16',
  };
}
