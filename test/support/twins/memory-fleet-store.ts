import {
  chooseReports,
  type FleetStore,
  type StoredText,
} from '../../../agent/ports/datastore/fleet-store.ts';

/** One place for the reports of a fleet, and the number of each node's writes. */
export interface MemoryFleet {
  readonly nodes: Set<string>;
  readonly reports: Map<string, StoredText>;
  readonly summaries: Map<string, StoredText>;
  /** Nodes that do not renew their report any more. */
  readonly ending: Set<string>;
  /** The reports expire that are not renewed. */
  expire(): void;
  /** Reports that a node wrote or withdrew. */
  readonly writes: Map<string, number>;
  /** How often all reports, and a summary, were read. */
  readonly reads: { reports: number; summaries: number };
  /** The failure of each call. */
  failure: Error | undefined;
  storeOf(
    node: string,
    options?: { readonly expires?: boolean; readonly why?: string },
  ): FleetStore;
}

export function createMemoryFleet(nodes: readonly string[]): MemoryFleet {
  let versions = 0;
  const nextVersion = (): string => String((versions += 1));
  const fleet: MemoryFleet = {
    nodes: new Set(nodes),
    reports: new Map(),
    summaries: new Map(),
    ending: new Set(),
    expire: () => {
      for (const node of fleet.ending) fleet.reports.delete(node);
    },
    writes: new Map(),
    reads: { reports: 0, summaries: 0 },
    failure: undefined,
    storeOf: (node, { expires = true, why } = {}) => {
      const answer = <T>(work: () => T): Promise<T> =>
        fleet.failure === undefined ? Promise.resolve(work()) : Promise.reject(fleet.failure);
      const count = (): void => void fleet.writes.set(node, (fleet.writes.get(node) ?? 0) + 1);
      return {
        everyMs: 2000,
        expires,
        write: (text) =>
          answer(() => {
            if (why !== undefined) return why;
            count();
            fleet.ending.delete(node);
            fleet.reports.set(node, { version: nextVersion(), text });
            return undefined;
          }),
        // A report that expires by itself does so at once when a test calls `expire`.
        remove: (last) =>
          answer(() => {
            count();
            if (last === undefined || !expires) fleet.reports.delete(node);
            else fleet.reports.set(node, { version: nextVersion(), text: last });
            fleet.ending.add(node);
          }),
        reports: (known) =>
          answer(() => {
            fleet.reads.reports += 1;
            const kept = chooseReports(known);
            const reports = [...fleet.reports]
              .filter(([name, { text }]) => kept.keep(name, text))
              .map(([name, stored]) => ({ node: name, ...stored }));
            return { reports, skipped: kept.skipped() };
          }),
        nodes: () => answer(() => [...fleet.nodes]),
        summary: (digest) =>
          answer(() => {
            fleet.reads.summaries += 1;
            return fleet.summaries.get(digest);
          }),
        writeSummary: (digest, text, previous) =>
          answer(() => {
            if (fleet.summaries.get(digest)?.version !== previous) return undefined;
            const version = nextVersion();
            fleet.summaries.set(digest, { version, text });
            return version;
          }),
        removeSummary: (digest, version) =>
          answer(() => {
            if (fleet.summaries.get(digest)?.version === version) fleet.summaries.delete(digest);
          }),
      };
    },
  };
  return fleet;
}
