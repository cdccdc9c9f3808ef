/**
 * Whether flannel's interfaces are as flannel calculated them at its start. Sources: flannel
 * pkg/subnet (subnet.env), pkg/backend/vxlan (flannel.VNI has the network address of the node's subnet), its
 * CNI plugin (cni0 has the first address, and the same MTU).
 */
import { parseNetwork } from '../../config/net/address.ts';
import { jsonBounds } from '../../input/bounds.ts';
import { isMap, textAt, valueAt } from '../../input/plain-data.ts';
import { parseJson } from '../../input/parse-json.ts';
import { nameSome } from '../../name-some.ts';
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, hiddenIssue } from '../file-issues.ts';
import { isHidden, type HostFile } from '../host-file.ts';
import type { HostLink } from './parse-links.ts';

export interface FlannelFiles {
  /** subnet.env, which flannel writes at its start, and its CNI plugin reads for each pod. */
  readonly subnet: HostFile;
  /** The network that flannel is asked for; absent: it is in a ConfigMap of the cluster. */
  readonly network?: HostFile;
}

export function checkFlannel(
  { subnet, network }: FlannelFiles,
  links: readonly HostLink[] | undefined,
): readonly PlatformIssue[] {
  if (isHidden(subnet)) return [hiddenIssue(subnet)];
  if (subnet.state !== 'text') return [noSubnet(subnet.path)];
  const known = variablesIn(subnet.text);
  const wanted = network?.state === 'text' ? wantedIn(network.text) : undefined;
  const place = { file: subnet.path };
  const own = (links ?? []).filter(({ name }) => /^(?:flannel(?:-v6)?\.\d+|cni0)$/.test(name));
  return [
    ...(network === undefined ? [] : checkNetwork(network, wanted, known)),
    ...own.flatMap((link) => [
      ...checkMtu(link, known.get('FLANNEL_MTU'), place),
      ...checkAddresses(link, known, place),
    ]),
    ...(links === undefined || wanted === undefined
      ? []
      : checkInterfaces(wanted, links, network?.path)),
  ];
}

function noSubnet(file: string): PlatformIssue {
  const message = 'flannel has not written it: its CNI plugin finds no subnet, and no pod starts';
  const hint = 'see the log of flannel on this node: is the Node without a podCIDR?';
  return fileIssue('error', { file }, { code: 'flannel-no-subnet', message, hint });
}

type Variables = ReadonlyMap<string, string>;

function variablesIn(text: string): Variables {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value = ''] = /^(FLANNEL_\w+)=(.*)$/.exec(line.trim()) ?? [];
      return name === undefined ? [] : [[name, value] as const];
    }),
  );
}

interface Wanted {
  readonly networks: readonly (readonly [
    variable: 'FLANNEL_NETWORK' | 'FLANNEL_IPV6_NETWORK',
    network: string,
  ])[];
  readonly backend: string;
  readonly vni: number;
}

/** K3s has these in the place of a family that is not in use. */
const everything: ReadonlySet<string> = new Set(['0.0.0.0/0', '::/0']);

function wantedIn(text: string): Wanted | undefined {
  const parsed = parseJson(text, jsonBounds.flannelConfig);
  if (!parsed.ok || !isMap(parsed.data)) return undefined;
  const networks = [
    ['FLANNEL_NETWORK', textAt(parsed.data, 'Network')],
    ['FLANNEL_IPV6_NETWORK', textAt(parsed.data, 'IPv6Network')],
  ] as const;
  const vni = valueAt(parsed.data, 'Backend', 'VNI');
  return {
    networks: networks.flatMap(([variable, network]) =>
      network === undefined || !parseNetwork(network).ok || everything.has(network)
        ? []
        : [[variable, network] as const],
    ),
    backend: textAt(parsed.data, 'Backend', 'Type') ?? 'udp',
    vni: typeof vni === 'number' ? vni : 1,
  };
}

function checkNetwork(
  file: HostFile,
  wanted: Wanted | undefined,
  known: Variables,
): readonly PlatformIssue[] {
  if (isHidden(file)) return [hiddenIssue(file)];
  return (wanted?.networks ?? []).flatMap(([variable, network]) => {
    const now = known.get(variable);
    if (now === undefined || sameNetwork(now, network)) return [];
    const message = `it asks for the network ${printable(network)}, and flannel runs with ${printable(now)}`;
    const hint =
      'restart flannel on this node; pods with an address of the other network have to be recreated';
    const issue = { code: 'flannel-network-differs', message, hint };
    return [fileIssue('error', { file: file.path }, issue)];
  });
}

function sameNetwork(one: string, other: string): boolean {
  const [left, right] = [parseNetwork(one), parseNetwork(other)];
  return left.ok && right.ok && left.value.network.cidr === right.value.network.cidr;
}

function checkMtu(
  { name, mtu }: HostLink,
  wanted: string | undefined,
  place: { readonly file: string },
): readonly PlatformIssue[] {
  if (mtu === undefined || wanted === undefined || String(mtu) === wanted) return [];
  const message = `flannel calculated the MTU ${printable(wanted)}, and ${name} has ${String(mtu)}`;
  const hint =
    name === 'cni0'
      ? 'pods that are made now get the MTU of the file; cni0 gets it when the last pod of the node is gone, or after a reboot'
      : 'restart flannel on this node';
  return [fileIssue('warning', place, { code: 'flannel-mtu-differs', message, hint })];
}

function checkAddresses(
  { name, addresses = [] }: HostLink,
  known: Variables,
  place: { readonly file: string },
): readonly PlatformIssue[] {
  const subnets = ['FLANNEL_SUBNET', 'FLANNEL_IPV6_SUBNET'].flatMap(
    (variable) => known.get(variable) ?? [],
  );
  const strays = addresses.filter((address) => {
    const family = address.includes(':') ? 6 : 4;
    const own = subnets.filter((subnet) => subnet.includes(':') === (family === 6));
    if (own.length === 0 || address.startsWith('fe80:')) return false;
    return !own.some((subnet) => isWithin(address, subnet));
  });
  if (strays.length === 0) return [];
  const message = `the subnet of this node is ${subnets.map(printable).join(' and ')}, and ${name} has ${nameSome(strays)}: no pod starts, or other nodes do not find the pods here`;
  const hint = `delete the interface, and restart flannel: ip link delete ${name}`;
  return [fileIssue('error', place, { code: 'flannel-subnet-differs', message, hint })];
}

/** Both as address/length; the length of the second counts. */
function isWithin(address: string, subnet: string): boolean {
  const length = subnet.split('/')[1] ?? '';
  const [bare = ''] = address.split('/');
  return sameNetwork(`${bare}/${length}`, subnet);
}

/** Source: flannel pkg/backend/vxlan (flannel.VNI, flannel-v6.VNI), pkg/backend/wireguard. */
function checkInterfaces(
  wanted: Wanted,
  links: readonly HostLink[],
  file: string | undefined,
): readonly PlatformIssue[] {
  // Every kernel has lo: an empty answer says nothing.
  if (file === undefined || links.length === 0) return [];
  if (wanted.backend === 'wireguard') {
    if (links.some(({ name }) => /^flannel-wg(?:-v6)?$/.test(name))) return [];
    return [noInterface(file, 'WireGuard', 'flannel-wg')];
  }
  if (wanted.backend !== 'vxlan') return [];
  return wanted.networks.flatMap(([variable]) =>
    checkVxlan(variable === 'FLANNEL_NETWORK' ? 'flannel' : 'flannel-v6', wanted.vni, links, file),
  );
}

function checkVxlan(
  prefix: 'flannel' | 'flannel-v6',
  vni: number,
  links: readonly HostLink[],
  file: string,
): readonly PlatformIssue[] {
  const numberOf = ({ name }: HostLink): number | undefined => {
    const [, form, number] = /^(flannel(?:-v6)?)\.(\d+)$/.exec(name) ?? [];
    return form === prefix ? Number(number) : undefined;
  };
  const own = links.filter((link) => numberOf(link) !== undefined);
  if (own.length === 0) return [noInterface(file, 'VXLAN', `${prefix}.${String(vni)}`)];
  if (own.some((link) => (link.vni ?? numberOf(link)) === vni)) return [];
  const message = `it asks for VNI ${String(vni)}, and this node has ${nameSome(own.map(({ name }) => name))}: other nodes send to another interface`;
  const hint = 'restart flannel on this node, and delete the interface of the other VNI';
  return [fileIssue('error', { file }, { code: 'flannel-vni-differs', message, hint })];
}

function noInterface(file: string, backend: string, name: string): PlatformIssue {
  const message = `it asks for ${backend}, and this node has no interface ${name}`;
  const hint = 'see the log of flannel on this node';
  return fileIssue('error', { file }, { code: 'flannel-no-interface', message, hint });
}
