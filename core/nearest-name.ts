/** "did you mean …": the known name that somebody who wrote this one may have meant. */
import { distance } from 'fastest-levenshtein';

/** A slip of the pen is at most this many letters, or a third of a long name. */
const slips = 2;
const longest = 64;

export function nearestName(name: string, known: readonly string[]): string | undefined {
  const given = folded(name.slice(0, longest));
  const ranked = known
    .map((candidate) => ({ candidate, away: distance(given, folded(candidate)) }))
    .sort((one, other) => one.away - other.away);
  const [best] = ranked;
  if (best !== undefined && best.away <= Math.max(slips, Math.floor(given.length / 3))) {
    return given.length > best.away ? best.candidate : undefined;
  }
  const begun = known.filter((candidate) => folded(candidate).startsWith(given));
  return given.length >= 3 && begun.length === 1 ? begun[0] : undefined;
}

/** Capitals, - and _ are what people mix up most: natOutgoing, nat_outgoing, nat-outgoing. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
