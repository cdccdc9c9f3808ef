/** Finds the known name that is most similar to an unknown one, for "did you mean …". */
import { distance } from 'fastest-levenshtein';

/** The most wrong letters of a typing error; for a long name it is a third. */
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

/** Folds capitals, - and _, which people mix up most: natOutgoing, nat_outgoing, nat-outgoing. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}
