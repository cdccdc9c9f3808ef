/** The work of one agent for the whole fleet: it reads every report, and writes their summary. */
import {
  areStragglersLeft,
  knownReportsInParts,
  rememberInParts,
  type FleetMemory,
  type SeenReport,
} from '../../../core/fleet/fleet-memory.ts';
import { parseFleetReport, reportAbout } from '../../../core/fleet/fleet-report.ts';
import {
  beginningSummary,
  summariseFleetInParts,
  type FleetSummary,
} from '../../../core/fleet/summarise-fleet.ts';
import { isNodeName } from '../../../core/facts/node-name.ts';
import { nameSome } from '../../../core/name-some.ts';
import { finishInTurns, inTurns } from '../../../runtime/pacing/in-turns.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FleetStore, StoredReports } from '../../ports/datastore/fleet-store.ts';

/**
 * How often an agent renews a summary, or a report for which others wait, so that it does not look
 * abandoned.
 */
export const renewMs = 10_000;
/** The nodes of a cluster change rarely, and the list is long. */
const nodesMs = 300_000;

/** The summary in the store, and when this agent first read this version. */
export interface Standing {
  readonly version: string;
  readonly sinceMs: number;
  /** undefined: it cannot be read. */
  readonly summary: FleetSummary | undefined;
}

export interface SummaryWriterDeps {
  readonly store: FleetStore;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Identifies a summary: the content that the reports are about, and the node whose agent writes it.
 */
export interface SummaryTopic {
  readonly by: string;
  readonly digest: string;
  /**
   * Since when nodes could report, in ms of this agent's monotonic clock: from before the summary where
   * another agent read the reports first, and died.
   */
  readonly sinceMs: number;
  /** Nodes that did not report in the last change. */
  readonly withoutReport: ReadonlySet<string>;
}

/** Writes the summary as long as this agent is the one that does. */
export interface SummaryWriter {
  /** The version of the summary that it wrote last. */
  readonly version: string;
  /**
   * Reads all reports, and writes the summary where it differs.
   * @returns the summary that it wrote; 'unchanged'; 'replaced': another agent was faster, and
   * writes from now on
   */
  update(): Promise<Standing | 'unchanged' | 'replaced'>;
}

/**
 * All agents of a fleet may call this at the same moment, and only one of them succeeds.
 * @param previous the version of the summary to replace
 * @returns undefined: another agent was faster
 */
export async function claimSummary(
  deps: SummaryWriterDeps,
  topic: SummaryTopic,
  previous: string | undefined,
): Promise<{ readonly writer: SummaryWriter; readonly standing: Standing } | undefined> {
  const summary = beginningSummary(topic.by, topic.digest);
  const text = JSON.stringify(summary);
  const version = await deps.store.writeSummary(topic.digest, text, previous);
  if (version === undefined) return undefined;
  const sinceMs = deps.clock.elapsed();
  const writer = new StoredSummaryWriter(deps, topic, { version, text, atMs: sinceMs });
  return { writer, standing: { version, sinceMs, summary } };
}

class StoredSummaryWriter implements SummaryWriter {
  readonly #deps: SummaryWriterDeps;
  readonly #topic: SummaryTopic;
  #wrote: { readonly version: string; readonly text: string; readonly atMs: number };
  #memory: FleetMemory = new Map();
  #stragglersSinceMs: number | undefined;
  #writtenSinceMs: number | undefined;
  #nodes: { readonly names: ReadonlySet<string>; readonly atMs: number } | undefined;
  #isWarned = false;
  #isWarnedOfUnknown = false;

  constructor(
    deps: SummaryWriterDeps,
    topic: SummaryTopic,
    wrote: { readonly version: string; readonly text: string; readonly atMs: number },
  ) {
    this.#deps = deps;
    this.#topic = topic;
    this.#wrote = wrote;
  }

  get version(): string {
    return this.#wrote.version;
  }

  async update(): Promise<Standing | 'unchanged' | 'replaced'> {
    const { store, clock } = this.#deps;
    const { by, digest, sinceMs, withoutReport } = this.#topic;
    const names = await this.#nodeNames();
    const { seen, elsewhere } = await this.#parse(await store.reports(names), names);
    const nowMs = clock.elapsed();
    this.#memory = await finishInTurns(rememberInParts(this.#memory, seen, nowMs));
    const known = await finishInTurns(
      knownReportsInParts(this.#memory, nowMs, {
        expires: store.expires,
        stragglersSinceMs: this.#stragglersSinceMs,
        writtenSinceMs: this.#writtenSinceMs,
      }),
    );
    const waitedMs = nowMs - sinceMs;
    const summary = await finishInTurns(
      summariseFleetInParts({
        by,
        digest,
        nodes: names,
        ...known,
        withoutReport,
        elsewhere,
        waitedMs,
      }),
    );
    this.#stragglersSinceMs = areStragglersLeft(summary)
      ? (this.#stragglersSinceMs ?? nowMs)
      : undefined;
    const isWritten = summary.working.count === 0;
    this.#writtenSinceMs = isWritten ? (this.#writtenSinceMs ?? nowMs) : undefined;
    const text = JSON.stringify(summary);
    const isRenewed = !store.expires && nowMs - this.#wrote.atMs >= renewMs;
    if (this.#wrote.text === text && !isRenewed) return 'unchanged';
    const version = await store.writeSummary(digest, text, this.#wrote.version);
    if (version === undefined) return 'replaced';
    this.#wrote = { version, text, atMs: nowMs };
    return { version, sinceMs: nowMs, summary };
  }

  async #nodeNames(): Promise<ReadonlySet<string>> {
    const { store, clock } = this.#deps;
    const known = this.#nodes;
    if (known !== undefined && clock.elapsed() - known.atMs < nodesMs) return known.names;
    // Whatever else is called a Node in etcd: a summary with such a name would be unreadable for the others.
    const names = new Set<string>();
    await inTurns(await store.nodes(), (name) => {
      if (isNodeName(name)) names.add(name);
    });
    this.#nodes = { names, atMs: clock.elapsed() };
    return names;
  }

  /** Leaves out a report that cannot be read: its node counts as silent. */
  async #parse(
    { reports, skipped }: StoredReports,
    names: ReadonlySet<string>,
  ): Promise<{
    readonly seen: readonly SeenReport[];
    /** Nodes that report of another change. */
    readonly elsewhere: ReadonlySet<string>;
  }> {
    const seen: SeenReport[] = [];
    const elsewhere = new Set<string>();
    const unknown: string[] = [];
    let odd = skipped;
    await inTurns(reports, ({ node, version, text }) => {
      const read = parseFleetReport(text, node);
      const report = read.ok ? reportAbout(read.report, this.#topic.digest) : undefined;
      if (!read.ok) odd += 1;
      else if (report === undefined) elsewhere.add(node);
      else {
        seen.push({ report, version });
        if (!names.has(node)) unknown.push(node);
      }
    });
    this.#warn(odd, unknown);
    return { seen, elsewhere };
  }

  #warn(odd: number, unknown: readonly string[]): void {
    if (odd > 0 && !this.#isWarned) {
      this.#isWarned = true;
      this.#deps.logger.warn('ignoring reports of nodes that cannot be read', { count: odd });
    }
    if (unknown.length > 0 && !this.#isWarnedOfUnknown) {
      this.#isWarnedOfUnknown = true;
      this.#deps.logger.warn('reports come from nodes that Calico does not know', {
        count: unknown.length,
        nodes: nameSome(unknown),
      });
    }
  }
}
