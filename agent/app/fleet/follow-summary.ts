/**
 * Reads the summary of a round, and writes it when no other agent does: then this agent reads all
 * reports. The agent whose summary stands in the datastore writes the next one.
 */
import {
  hasReadReports,
  parseFleetSummary,
  silentMs,
} from '../../../core/fleet/summarise-fleet.ts';
import type { Round } from './exchange-round.ts';
import { claimSummary, type SummaryWriter, type SummaryWriterDeps } from './summary-writer.ts';

/** Brings `summary`, `standing` and `writer` of the round up to date. Rejects when the store fails. */
export async function followSummary(deps: SummaryWriterDeps, round: Round): Promise<void> {
  const { store, clock } = deps;
  const { digest } = round;
  const found = await store.summary(digest);
  const nowMs = clock.elapsed();
  if (found?.version !== round.standing?.version) {
    round.standing = found && {
      version: found.version,
      sinceMs: nowMs,
      summary: parseFleetSummary(found.text, digest),
    };
  }
  const summary = round.standing?.summary;
  // A summary that this agent wrote before a restart is its own, too.
  const isOurs = found !== undefined && summary?.by === round.report.node;
  noteUnreadable(deps, round, found !== undefined && summary === undefined);
  if (found !== undefined && !isOurs && !isAbandoned(deps, round)) {
    round.writer = undefined;
    // Where another agent has just begun to summarise, the last one that says something counts.
    if (summary !== undefined && hasReadReports(summary)) round.summary = summary;
    return;
  }
  round.writer ??= await claim(deps, round, found?.version);
  if (round.writer !== undefined) await update(round, round.writer);
}

/** Whether the summary that stands has to be replaced, although another agent wrote it. */
function isAbandoned({ store, clock }: SummaryWriterDeps, round: Round): boolean {
  const nowMs = clock.elapsed();
  const { standing, unreadableSinceMs } = round;
  // A stranger may write it again and again, so its version does not count.
  if (unreadableSinceMs !== undefined) return nowMs - unreadableSinceMs >= silentMs;
  return standing !== undefined && !store.expires && nowMs - standing.sinceMs >= silentMs;
}

/** An agent of another version, or a stranger, wrote what this one cannot read. */
function noteUnreadable(
  { logger, clock }: SummaryWriterDeps,
  round: Round,
  isUnreadable: boolean,
): void {
  if (!isUnreadable) return void (round.unreadableSinceMs = undefined);
  if (round.unreadableSinceMs !== undefined) return;
  round.unreadableSinceMs = clock.elapsed();
  logger.warn('cannot read the summary of the reports; an agent replaces it after 30 s');
}

async function claim(
  deps: SummaryWriterDeps,
  round: Round,
  previous: string | undefined,
): Promise<SummaryWriter | undefined> {
  const { report, digest, sinceMs = deps.clock.elapsed() } = round;
  const topic = { by: report.node, digest, sinceMs, withoutReport: round.withoutReport };
  const claimed = await claimSummary(deps, topic, previous);
  if (claimed !== undefined) round.standing = claimed.standing;
  return claimed?.writer;
}

async function update(round: Round, writer: SummaryWriter): Promise<void> {
  const written = await writer.update();
  if (written === 'replaced') round.writer = undefined;
  else if (written !== 'unchanged') {
    round.standing = written;
    round.summary = written.summary;
  }
}
