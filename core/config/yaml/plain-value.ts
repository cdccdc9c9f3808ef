/** The values of a located tree without their places, for validators and the digest. */
import type { Located, LocatedScalar } from './located.ts';

export function plainValue(root: Located): unknown {
  if (root.kind === 'scalar') return plainScalar(root);
  if (root.kind === 'list') return root.items.map(plainValue);
  // fromEntries defines properties, so that __proto__ is a key like any other.
  return Object.fromEntries(root.entries.map(({ key, value }) => [key, plainValue(value)]));
}

/** JSON has no .inf and no .nan, so they become texts. */
function plainScalar({ value, source }: LocatedScalar): LocatedScalar['value'] {
  return typeof value === 'number' && !Number.isFinite(value) ? source : value;
}
