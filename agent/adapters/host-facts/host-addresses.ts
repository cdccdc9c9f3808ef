/** The addresses of this machine's interfaces, with their flags in the kernel. */
import type os from 'node:os';
import path from 'node:path';
import { kindOf, parseInterfaceAddress } from '../../../core/config/net/address.ts';
import type { HostAddress } from '../../../core/facts/addresses/host-address.ts';
import { readDefaultRoutes } from '../../../runtime/network/default-routes.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import { readTunnels } from './virtual-interfaces.ts';

type Interfaces = ReturnType<typeof os.networkInterfaces>;

/**
 * The addresses in the kernel's order: of a subnet's IPv4 addresses on an interface the primary one
 * comes first.
 */
export async function readHostAddresses(
  root: string,
  interfaces: Interfaces,
): Promise<readonly HostAddress[]> {
  const [defaultRoutes, tunnels, flags] = await Promise.all([
    readDefaultRoutes(root),
    readTunnels(root, Object.keys(interfaces)),
    readIpv6Flags(root),
  ]);
  return Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ cidr, internal }) => {
      const parsed = parseInterfaceAddress(cidr ?? '');
      if (!parsed.ok || parsed.value.prefixLength === undefined) return [];
      const { family, address, prefixLength } = parsed.value;
      if (kindOf(parsed.value) !== 'host') return [];
      const host: HostAddress = {
        family,
        address,
        prefixLength,
        interface: name,
        ...(internal && { loopback: true }),
        ...(tunnels.has(name) && { tunnel: true }),
        ...(defaultRoutes[family] === name && { defaultRoute: true }),
        ...(family === 6 && meaningOf(flags.get(`${name} ${address}`))),
      };
      return [host];
    }),
  );
}

const maxBytes = 4 * 1024 * 1024;

/** Source: the kernel's net/ipv6/addrconf.c, if6_seq_show: address, index, length, scope, flags, name. */
async function readIpv6Flags(root: string): Promise<ReadonlyMap<string, number>> {
  const text = await readTextFile(path.join(root, 'proc/net/if_inet6'), maxBytes).catch(
    () => undefined,
  );
  const rows = (text ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  return new Map(
    rows.flatMap(([hex = '', , , , flags = '', name = '']) => {
      const parsed = parseInterfaceAddress(hex.match(/.{4}/g)?.join(':') ?? '');
      if (!parsed.ok) return [];
      return [[`${name} ${parsed.value.address}`, Number.parseInt(flags, 16)] as const];
    }),
  );
}

/** Source: include/uapi/linux/if_addr.h. */
const flag = { temporary: 0x01, failed: 0x08, deprecated: 0x20, tentative: 0x40, permanent: 0x80 };

function meaningOf(flags: number | undefined): Pick<HostAddress, 'state' | 'dynamic'> {
  if (flags === undefined || Number.isNaN(flags)) return {};
  const state = (['failed', 'tentative', 'deprecated', 'temporary'] as const).find(
    (name) => (flags & flag[name]) !== 0,
  );
  return {
    ...(state !== undefined && { state }),
    ...((flags & flag.permanent) === 0 && { dynamic: true }),
  };
}
