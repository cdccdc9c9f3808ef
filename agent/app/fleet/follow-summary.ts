/**
 * Reads the summary of a round, and writes it when no other agent does: then this agent reads all
 * reports. The agent whose summary stands in the datastore writes the next one.
 */
import { parseFleetSummary, silentMs } from '../../../core/fleet/summarise-fleet.ts';
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
  const isOld =
    round.standing !== undefined && !store.expires && nowMs - round.standing.sinceMs >= silentMs;
  if (found !== undefined && !isOurs && !isOld) {
    round.writer = undefined;
    if (summary !== undefined) round.summary = summary;
    return;
  }
  round.writer ??= await claim(deps, round, found?.version);
  if (round.writer !== undefined) await update(round, round.writer);
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
