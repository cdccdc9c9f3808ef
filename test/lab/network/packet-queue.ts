/**
 * The queues in which the kernel keeps packets of virtual cables until a processor has time for
 * them, one per processor and for all namespaces. A busy machine fills them, and drops packets that
 * no route lost.
 */
import { readFile, writeFile } from 'node:fs/promises';

const lengthFile = '/proc/sys/net/core/netdev_max_backlog';
/** Linux has 1000, which the pings of four fabrics fill while the processors are late by 0.1 s. */
const roomyLength = 20_000;

/** Makes the queues long enough for a busy machine. @returns gives them their old length */
export async function lengthenPacketQueues(): Promise<() => Promise<void>> {
  const before = (await readFile(lengthFile, 'utf8')).trim();
  if (Number(before) >= roomyLength) return async () => undefined;
  await writeFile(lengthFile, String(roomyLength));
  return () => writeFile(lengthFile, before);
}

/** Packets that all processors have dropped since the start of the machine: the second column. */
export async function packetsDroppedByQueues(): Promise<number> {
  const lines = (await readFile('/proc/net/softnet_stat', 'utf8')).trim().split('\n');
  return lines.reduce((sum, line) => sum + Number.parseInt(line.split(' ')[1] ?? '0', 16), 0);
}
