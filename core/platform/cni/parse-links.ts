import { listAt, textAt, valueAt } from '../../input/plain-data.ts';

/** The interfaces of the kernel, as `ip -details -json address` prints them. */
export interface HostLink {
  readonly name: string;
  readonly isUp: boolean;
  readonly mtu?: number;
  /** The network identifier of a VXLAN; absent: it is none. */
  readonly vni?: number;
  /** With the length of their network; absent: not known. */
  readonly addresses?: readonly string[];
}

/** Leaves out entries that are no interfaces. */
export function parseLinks(data: unknown): readonly HostLink[] {
  if (!Array.isArray(data)) return [];
  return data.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('ifname' in one)) return [];
    const flags: unknown = 'flags' in one ? one.flags : undefined;
    const isUp = Array.isArray(flags) && flags.includes('UP');
    if (typeof one.ifname !== 'string') return [];
    const mtu = valueAt(one, 'mtu');
    const vni = valueAt(one, 'linkinfo', 'info_data', 'id');
    const addresses = listAt(one, 'addr_info').flatMap((info) => {
      const [local, length] = [textAt(info, 'local'), valueAt(info, 'prefixlen')];
      return local === undefined || typeof length !== 'number'
        ? []
        : [`${local}/${String(length)}`];
    });
    return [
      {
        name: one.ifname,
        isUp,
        ...(typeof mtu === 'number' && { mtu }),
        ...(typeof vni === 'number' && { vni }),
        ...('addr_info' in one && { addresses }),
      },
    ];
  });
}
