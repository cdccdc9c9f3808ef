import { readFileSync } from 'node:fs';

/** linux/capability.h */
const netAdmin = 1n << 12n;

/**
 * Whether this process has CAP_NET_ADMIN. True where /proc cannot tell: then the kernel decides.
 */
export function mayChangeRoutes(file = '/proc/self/status'): boolean {
  try {
    const [, effective] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync(file, 'latin1')) ?? [];
    return effective === undefined || (BigInt(`0x${effective}`) & netAdmin) !== 0n;
  } catch {
    return true;
  }
}
