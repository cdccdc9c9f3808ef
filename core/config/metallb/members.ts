/** Sets of numbered things as bits, so that half a million pairs of sets can be compared quickly. */

export type Members = Uint32Array;

/** @param size the number of things */
export function membersOf(size: number, indexes: Iterable<number>): Members {
  const bits = new Uint32Array(Math.ceil(size / 32));
  for (const index of indexes) {
    bits[index >>> 5] = (bits[index >>> 5] ?? 0) | (1 << (index & 31));
  }
  return bits;
}

/** Whether both sets have a thing in common. */
export function shareMembers(one: Members, other: Members): boolean {
  for (let word = 0; word < one.length; word += 1) {
    if (((one[word] ?? 0) & (other[word] ?? 0)) !== 0) return true;
  }
  return false;
}
