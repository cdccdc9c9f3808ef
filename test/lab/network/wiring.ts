/** The namespaces and cables of a fabric: bridges, routers, nodes, and a pod behind every node. */
import type { Namespaces } from './namespaces.ts';
import type { LabNode, Topology } from './topology.ts';

/** The namespace of the bridges, and on the management network of etcd. */
export const switchNamespace = 'switch';
/** Only agents and etcd use it, and no BGP session. */
export const managementAddress = '172.31.255.1';

/**
 * In Calico's way of wiring a pod: a fixed link-layer address, and a gateway that is not the pod's
 * own.
 */
const podGateway = { mac: 'ee:ee:ee:ee:ee:ee', 4: '169.254.1.1', 6: 'fe80::ecee:eeff:feee:eeee' };

export async function wire(namespaces: Namespaces, topology: Topology): Promise<void> {
  const { subnets, nodes, routers } = topology;
  await namespaces.add(switchNamespace);
  await namespaces.ip(
    switchNamespace,
    ...['manage', ...subnets.map((_, index) => `subnet${String(index)}`)].flatMap((bridge) => [
      `link add ${bridge} type bridge forward_delay 0`,
      `link set ${bridge} up`,
    ]),
    `address add ${managementAddress}/24 dev manage`,
  );
  for (const machine of [...routers, ...nodes]) {
    await namespaces.add(machine.name);
    await plugIn(namespaces, topology, machine);
  }
  for (const [index, node] of nodes.entries()) {
    await manage(namespaces, node, index);
    await addPod(namespaces, node);
  }
  for (const [index, router] of routers.slice(1).entries())
    await link(namespaces, routers[index]?.name ?? '', router.name, index);
}

/** Addresses of the two ends of a link between routers. */
export function linkAddresses(index: number): readonly [string, string] {
  return [`100.127.${String(index)}.0`, `100.127.${String(index)}.1`];
}

async function plugIn(
  namespaces: Namespaces,
  { subnets, routers }: Topology,
  { name, addresses }: { readonly name: string; readonly addresses: readonly string[] },
): Promise<void> {
  const isRouter = routers.some((router) => router.name === name);
  for (const [index, cidrs] of subnets.entries()) {
    const own = addresses.filter((address) => cidrs.includes(subnetOf(address)));
    if (own.length === 0) continue;
    const device = `eth${String(index)}`;
    const bridge = `subnet${String(index)}`;
    await cable(namespaces, name, device, `${name}-${String(index)}`, bridge);
    await namespaces.ip(name, ...own.map((address) => addressLine(address, device)));
    const gateway = routers
      .flatMap((router) => router.addresses)
      .find((address) => cidrs.includes(subnetOf(address)));
    if (!isRouter && gateway !== undefined)
      await namespaces.ip(name, `route add default via ${gateway.split('/')[0] ?? ''}`);
  }
}

/** For the two prefix lengths of a topology. */
function subnetOf(address: string): string {
  return address.replace(/\d+\/24$/, '0/24').replace(/::[\da-f]+\/64$/, '::/64');
}

function addressLine(address: string, device: string): string {
  return `address add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`;
}

async function cable(
  namespaces: Namespaces,
  name: string,
  device: string,
  port: string,
  bridge: string,
): Promise<void> {
  await namespaces.ip(
    name,
    `link add ${device} type veth peer name ${port} netns ${namespaces.fullName(switchNamespace)}`,
    `link set ${device} up`,
  );
  await namespaces.ip(switchNamespace, `link set ${port} master ${bridge} up`);
}

async function manage(namespaces: Namespaces, { name }: LabNode, index: number): Promise<void> {
  await cable(namespaces, name, 'manage', `${name}-m`, 'manage');
  await namespaces.ip(name, `address add 172.31.255.${String(index + 10)}/24 dev manage`);
}

export function podNamespace(node: string): string {
  return `pod-${node}`;
}

async function addPod(namespaces: Namespaces, { name, pods }: LabNode): Promise<void> {
  const pod = podNamespace(name);
  await namespaces.add(pod);
  await namespaces.ip(
    name,
    `link add cali0 address ${podGateway.mac} type veth peer name eth0 netns ${namespaces.fullName(pod)}`,
    'link set cali0 up',
    // Felix' routes to the pods of its node.
    ...pods.map((address) => `route add ${hostRoute(address)} dev cali0 metric 1024`),
  );
  await namespaces.ip(
    pod,
    'link set eth0 up',
    ...pods.flatMap((address) => {
      const gateway = podGateway[address.includes(':') ? 6 : 4];
      return [
        addressLine(hostRoute(address), 'eth0'),
        `neigh replace ${gateway} lladdr ${podGateway.mac} dev eth0 nud permanent`,
        `route add default via ${gateway} dev eth0 onlink`,
      ];
    }),
  );
}

function hostRoute(address: string): string {
  return `${address}/${address.includes(':') ? '128' : '32'}`;
}

async function link(
  namespaces: Namespaces,
  one: string,
  other: string,
  index: number,
): Promise<void> {
  const device = `link${String(index)}`;
  const [first, second] = linkAddresses(index);
  await namespaces.ip(
    one,
    `link add ${device} type veth peer name ${device} netns ${namespaces.fullName(other)}`,
    `link set ${device} up`,
    `address add ${first}/31 dev ${device}`,
  );
  await namespaces.ip(other, `link set ${device} up`, `address add ${second}/31 dev ${device}`);
}
