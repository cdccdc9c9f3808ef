/** Where the agents of a fleet leave their reports: in the datastore (docs/decisions/0035). */
export interface FleetStore {
  /** How often the agent may ask: a store that serves the whole cluster's API wants it less often. */
  readonly everyMs: number;
  /**
   * True: what an agent wrote vanishes within 30 s after its death, or after it stopped writing.
   * False: it stays, and the agent has to write it again while others wait for this node.
   */
  readonly expires: boolean;
  /**
   * Writes this node's report over the previous one.
   * @returns why this datastore takes none, as a clause; undefined: it is written @throws AppError
   */
  write(report: string): Promise<string | undefined>;
  /**
   * Takes this node's report back.
   * @param last where reports vanish by themselves, it is written in its place, and vanishes so: without
   *   it nobody could tell a change that ended well from an agent that died @throws AppError
   */
  remove(last?: string): Promise<void>;
  /** The reports of all nodes, of any revision. @throws AppError */
  reports(): Promise<StoredReports>;
  /** All nodes that Calico knows. @throws AppError */
  nodes(): Promise<readonly string[]>;
  /** The summary of a revision's content. @throws AppError */
  summary(digest: string): Promise<StoredText | undefined>;
  /**
   * Writes it where it is still as read; `previous` undefined: where there is none.
   * @returns its version; undefined: another agent was faster @throws AppError
   */
  writeSummary(
    digest: string,
    summary: string,
    previous: string | undefined,
  ): Promise<string | undefined>;
  /** Nothing where it is another one by now. @throws AppError */
  removeSummary(digest: string, version: string): Promise<void>;
}

export interface StoredText {
  /** Another one after each write. */
  readonly version: string;
  /** At most 64 KiB; a longer one is cut off, and cannot be read. */
  readonly text: string;
}

export interface StoredReports {
  readonly reports: readonly (StoredText & { readonly node: string })[];
  /** More than anybody reads, or too large. */
  readonly skipped: number;
}
