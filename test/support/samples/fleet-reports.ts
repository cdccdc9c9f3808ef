import type { FleetReport } from '../../../core/fleet/fleet-report.ts';

export const fleetDigest = `sha256:${'a'.repeat(64)}`;

/** The report of a node that holds no other node up. */
export function fleetReport(node: string, changed: Partial<FleetReport> = {}): FleetReport {
  return {
    formatVersion: 1,
    node,
    revision: { lineage: 'controller:prod', number: 7, digest: fleetDigest },
    stage: 'applied',
    guard: 'on',
    sessions: { expected: 2, established: 2, asExpected: true },
    routes: 'back',
    ...changed,
  };
}
