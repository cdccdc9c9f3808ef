import { mostReports } from '../../../core/fleet/fleet-memory.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';

/** Stores the fleet reports of the agents in the datastore (docs/decisions/0035). */
export interface FleetStore {
  /** How often the agent may ask, in ms; longer for a store that serves the whole cluster's API. */
  readonly everyMs: number;
  /**
   * True: an agent's report vanishes within 30 s after the agent's end, or after its last write.
   * False: it stays, and the agent has to write it again while others wait for this node.
   */
  readonly expires: boolean;
  /**
   * Writes this node's report over the previous one.
   * @returns why this datastore takes no report, as a clause; undefined: it is written @throws
   * AppError
   */
  write(report: string): Promise<string | undefined>;
  /**
   * Takes this node's report back.
   * @param last where reports vanish by themselves, it is written in its place, and vanishes so: without
   *   it nobody could tell a change that ended well from an agent that died @throws AppError
   */
  remove(last?: string): Promise<void>;
  /**
   * Reads the reports of all nodes, for any revision.
   * @param known nodes, of which 20,000 reports are kept; of other names at most 5,000
   * @throws AppError
   */
  reports(known: ReadonlySet<string>): Promise<StoredReports>;
  /** The names of all nodes that Calico knows. @throws AppError */
  nodes(): Promise<readonly string[]>;
  /** Reads the summary about a revision's content. @throws AppError */
  summary(digest: string): Promise<StoredText | undefined>;
  /**
   * Writes the summary if the stored one still has the version `previous`; undefined: if there is
   * none.
   * @returns its version; undefined: another agent was faster @throws AppError
   */
  writeSummary(
    digest: string,
    summary: string,
    previous: string | undefined,
  ): Promise<string | undefined>;
  /** Removes the summary, unless it has another version by now. @throws AppError */
  removeSummary(digest: string, version: string): Promise<void>;
}

export interface StoredText {
  /** Changes with each write. */
  readonly version: string;
  /** At most 96 KiB; a longer one is cut off, and cannot be read. */
  readonly text: string;
}

export interface StoredReports {
  readonly reports: readonly (StoredText & { readonly node: string })[];
  /** The number of reports that were too many, or too large. */
  readonly skipped: number;
}

/**
 * The most reports that are kept of names that Calico does not know. A node may report before Calico
 * knows it, but a stranger who writes thousands of reports must not crowd out those of nodes.
 */
const mostUnknown = 5000;

export interface ChosenReports {
  /**
   * Whether to keep the report that lies at this name; it is counted otherwise.
   * @param text undefined: no agent can have written it
   */
  keep(node: string, text: string | undefined): boolean;
  skipped(): number;
}

/** Chooses the reports that an agent holds: none that is too large, and a bounded number of others. */
export function chooseReports(known: ReadonlySet<string>): ChosenReports {
  const kept = { known: 0, unknown: 0 };
  const most = { known: mostReports, unknown: mostUnknown };
  let skipped = 0;
  return {
    keep: (node, text) => {
      const kind = known.has(node) ? 'known' : 'unknown';
      const isKept =
        text !== undefined &&
        text.length <= jsonBounds.fleetReport.maxBytes &&
        kept[kind] < most[kind];
      if (isKept) kept[kind] += 1;
      else skipped += 1;
      return isKept;
    },
    skipped: () => skipped,
  };
}
