/** The first line in which two texts differ. */
interface Difference {
  /** 1-based. */
  readonly line: number;
  /** Undefined: the text has ended before. */
  readonly there: string | undefined;
  readonly wanted: string | undefined;
}

/** @returns undefined: the texts are the same */
export function firstDifference(there: string, wanted: string): Difference | undefined {
  if (there === wanted) return undefined;
  const [before, after] = [there.split('\n'), wanted.split('\n')];
  const index = after.findIndex((line, at) => line !== before[at]);
  const at = index === -1 ? after.length : index;
  return { line: at + 1, there: before[at], wanted: after[at] };
}
