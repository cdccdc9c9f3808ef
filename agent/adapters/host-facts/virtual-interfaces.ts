import path from 'node:path';
import { isMadeByOthers } from '../../../core/facts/addresses/host-address.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';

const maxBytes = 4096;
/** ARPHRD_TUNNEL, TUNNEL6, SIT, IPGRE, NONE (tun, wireguard). Source: linux/if_arp.h. */
const tunnelTypes = new Set(['768', '769', '776', '778', '65534']);
const tunnelKinds = /^DEVTYPE=(vxlan|wireguard|geneve)$/m;

/**
 * Finds tunnels by their type in the kernel, whatever their names. Bridges do not count, because a
 * host's own address is often on one. A node has hundreds of interfaces of pods, so those with a
 * known name are not read.
 */
export async function readTunnels(
  root: string,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const folder = path.join(root, 'sys/class/net');
  const found = await Promise.all(
    names.map(async (name) => {
      if (isMadeByOthers(name)) return [];
      const read = (file: string): Promise<string | undefined> =>
        readTextFile(path.join(folder, name, file), maxBytes).catch(() => undefined);
      const [type, event] = await Promise.all([read('type'), read('uevent')]);
      const isTunnel = tunnelTypes.has(type?.trim() ?? '') || tunnelKinds.test(event ?? '');
      return isTunnel ? [name] : [];
    }),
  );
  return new Set(found.flat());
}
