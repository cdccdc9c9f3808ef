/** Checks that tunnel packets fit through the interface that carries them. */
import { readDefaultRoutes } from '../../../runtime/network/default-routes.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import type { HostFiles } from './read-host.ts';

const check = 'MTU';
/**
 * The bytes that each encapsulation adds. Source: Calico's documentation,
 * networking/configuring/mtu.
 */
const tunnels: readonly (readonly [name: string, family: 4 | 6, overhead: number])[] = [
  ['tunl0', 4, 20],
  ['vxlan.calico', 4, 50],
  ['vxlan-v6.calico', 6, 70],
  ['wireguard.cali', 4, 60],
  ['wg-v6.cali', 6, 80],
];

export async function diagnoseMtu(host: HostFiles): Promise<readonly Finding[]> {
  const routes = await readDefaultRoutes(host.at('/'));
  const findings = await Promise.all(
    tunnels.map(async ([name, family, overhead]): Promise<Finding[]> => {
      const below = routes[family] ?? routes[family === 4 ? 6 : 4];
      const [tunnelMtu, belowMtu] = await Promise.all([
        (await isUp(host, name)) ? mtuOf(host, name) : undefined,
        below === undefined ? undefined : mtuOf(host, below),
      ]);
      if (tunnelMtu === undefined || below === undefined || belowMtu === undefined) return [];
      return [compare(name, tunnelMtu, below, belowMtu, overhead)];
    }),
  );
  const found = findings.flat();
  return found.length > 0 ? found : [{ check, result: 'ok', message: 'no tunnel is up' }];
}

function compare(
  tunnel: string,
  tunnelMtu: number,
  below: string,
  belowMtu: number,
  overhead: number,
): Finding {
  const most = belowMtu - overhead;
  const sizes = `${tunnel} has ${String(tunnelMtu)}, ${below} below it ${String(belowMtu)}`;
  if (tunnelMtu <= most) return { check, result: 'ok', message: sizes };
  const message = `${sizes}, which leaves ${String(most)}: large packets are lost`;
  const hint =
    "let Calico find it (FelixConfiguration without ipipMTU, vxlanMTU and wireguardMTU), or lower it there and in the CNI's mtu (the charm's veth-mtu)";
  return { check, result: 'warning', message, hint };
}

async function mtuOf(host: HostFiles, name: string): Promise<number | undefined> {
  const text = await host.text(`sys/class/net/${name}/mtu`);
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/**
 * Whether IFF_UP is set: with the module ipip there is always an interface tunl0, which may be
 * down.
 */
async function isUp(host: HostFiles, name: string): Promise<boolean> {
  const flags = await host.text(`sys/class/net/${name}/flags`);
  return flags !== undefined && (Number(flags) & 1) === 1;
}
