import path from 'node:path';
import { readTextFile } from '../files/read-text-file.ts';

/** The interface of the default route, per family. */
export interface DefaultRoutes {
  readonly 4?: string;
  readonly 6?: string;
}

const maxRouteBytes = 4 * 1024 * 1024;
const anyIpv4 = '00000000';
const anyIpv6 = '0'.repeat(32);

/** Source: the kernel's net/ipv4/fib_trie.c and net/ipv6/route.c, which write these tables. */
export async function readDefaultRoutes(root: string): Promise<DefaultRoutes> {
  const [ipv4, ipv6] = await Promise.all([
    readRows(path.join(root, 'proc/net/route')),
    readRows(path.join(root, 'proc/net/ipv6_route')),
  ]);
  const fourth = lowestMetric(
    ipv4.flatMap(([device, destination, , , , , metric, mask]) =>
      destination === anyIpv4 && mask === anyIpv4 ? [{ device, metric: Number(metric) }] : [],
    ),
  );
  const sixth = lowestMetric(
    ipv6.flatMap(([destination, length, , , , metric = '', , , , device]) =>
      destination === anyIpv6 && length === '00' && device !== 'lo'
        ? [{ device, metric: Number.parseInt(metric, 16) }]
        : [],
    ),
  );
  return {
    ...(fourth === undefined ? {} : { 4: fourth }),
    ...(sixth === undefined ? {} : { 6: sixth }),
  };
}

interface Candidate {
  readonly device: string | undefined;
  readonly metric: number;
}

function lowestMetric(candidates: readonly Candidate[]): string | undefined {
  return [...candidates].sort((a, b) => a.metric - b.metric)[0]?.device;
}

async function readRows(file: string): Promise<string[][]> {
  const text = await readTextFile(file, maxRouteBytes).catch(() => undefined);
  return (text ?? '').split('\n').map((line) => line.trim().split(/\s+/));
}
