/**
 * Checks which program listens on the BGP port: BIRD, none, or another BGP speaker that keeps BIRD
 * from it.
 */
import type { Finding } from '../../ports/diagnosis.ts';
import type { CalicoNode } from './calico-node.ts';
import type { HostFiles } from './read-host.ts';
import { findSocketHolders } from './processes.ts';

const check = 'BGP port';
/** Listening sockets come first in these tables. Source: linux net/ipv4/tcp_ipv4.c. */
const headBytes = 1024 * 1024;
/** TCP_LISTEN. Source: linux include/net/tcp_states.h. */
const listening = '0A';

export async function diagnoseBgpPort(
  host: HostFiles,
  { birds }: CalicoNode,
  port: number,
): Promise<readonly Finding[]> {
  const inodes = await listenersOf(host, port);
  if (inodes.size === 0) return [silent(port, birds.length > 0)];
  const holders = await findSocketHolders(host, inodes);
  const others = [...holders.values()].filter(({ name }) => name !== 'bird' && name !== 'bird6');
  const unknown = inodes.size - holders.size;
  if (others.length > 0) {
    const names = [...new Set(others.map(({ name, pid }) => `${name} (${pid})`))].join(', ');
    const isShared = others.length < holders.size;
    const message = isShared
      ? `port ${String(port)} is listened on by BIRD, and by ${names} as well`
      : `port ${String(port)} is taken by ${names}: BIRD cannot listen there`;
    const hint =
      'two BGP speakers on one machine need different ports (bgp.listenPort) or addresses (bindMode: NodeIP); MetalLB: let Calico announce its addresses';
    return [{ check, result: isShared ? 'warning' : 'failed', message, hint }];
  }
  if (unknown === 0) {
    return [{ check, result: 'ok', message: `BIRD listens on port ${String(port)}` }];
  }
  const message = `a program listens on port ${String(port)}; this user may not see which one`;
  return [{ check, result: 'warning', message, hint: 'run calico-agent doctor as root' }];
}

function silent(port: number, birdRuns: boolean): Finding {
  if (!birdRuns) return { check, result: 'ok', message: `port ${String(port)} is free` };
  const message = `BIRD runs, but does not listen on port ${String(port)}`;
  const hint =
    'it listens once it has a peer; if it has one, it refused its configuration: see the log of calico-node';
  return { check, result: 'warning', message, hint };
}

async function listenersOf(host: HostFiles, port: number): Promise<ReadonlySet<string>> {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(
    ['proc/net/tcp', 'proc/net/tcp6'].map((file) => host.head(file, headBytes)),
  );
  const rows = tables.flatMap((table) => (table ?? '').split('\n'));
  return new Set(
    rows.flatMap((row) => {
      const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
      const isListener = state === listening && local?.endsWith(ending) === true;
      return isListener && inode !== undefined ? [inode] : [];
    }),
  );
}
