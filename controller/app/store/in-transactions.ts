import type { RecordChange, Store } from '../../ports/store.ts';

/** Many changes in one transaction, as far as its bounds allow. */
export function* inTransactions(
  changes: readonly RecordChange[],
  bounds: Store['bounds'],
): Generator<readonly RecordChange[]> {
  let some: RecordChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    const more = Buffer.byteLength(change.text ?? '');
    if (some.length > 0 && (some.length === bounds.changes || bytes + more > bounds.bytes)) {
      yield some;
      some = [];
      bytes = 0;
    }
    some.push(change);
    bytes += more;
  }
  if (some.length > 0) yield some;
}
