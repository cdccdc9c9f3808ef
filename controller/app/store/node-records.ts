/** The nodes of a fleet in the store, a record for each. */
import { inTurns } from '../../../runtime/pacing/in-turns.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { RecordChange, Store } from '../../ports/store.ts';
import { keysOf, nodeKind, nodeName } from './fleet-keys.ts';
import { nodeOf, nodeText } from './fleet-texts.ts';

export interface NodeRecords {
  load(): Promise<{ readonly nodes: readonly StoredNode[] }>;
  save(nodes: readonly StoredNode[]): Promise<void>;
}

/** Ten pages for a large fleet. */
const nodesPerPage = 1000;

export function createNodeRecords(store: Store, cluster: string): NodeRecords {
  /** The texts in the store, by key. */
  const kept = new Map<string, string>();
  const write = async (changes: readonly RecordChange[]): Promise<void> => {
    if (changes.length === 0) return;
    await store.commit({ changes });
    for (const { key, text } of changes) {
      if (text === undefined) kept.delete(key);
      else kept.set(key, text);
    }
  };
  return {
    load: async () => {
      kept.clear();
      const nodes: StoredNode[] = [];
      let after: string | undefined;
      do {
        const page = await store.list({
          kind: nodeKind,
          prefix: keysOf(cluster),
          limit: nodesPerPage,
          ...(after !== undefined && { after }),
        });
        await inTurns(page.records, (record) => {
          nodes.push(nodeOf(cluster, record));
          kept.set(record.key, record.text);
        });
        after = page.next;
      } while (after !== undefined);
      return { nodes };
    },
    save: async (nodes) => {
      const named = new Set<string>();
      const changes: RecordChange[] = [];
      await inTurns(nodes, (node) => {
        const name = nodeName(cluster, node.name);
        const text = nodeText(cluster, node);
        named.add(name.key);
        if (kept.get(name.key) !== text) changes.push({ ...name, text });
      });
      for (const key of kept.keys()) {
        if (!named.has(key)) changes.push({ kind: nodeKind, key });
      }
      for (const transaction of inTransactions(changes, store.bounds)) await write(transaction);
    },
  };
}

/** Many nodes in one transaction, as far as its bounds allow. */
function* inTransactions(
  changes: readonly RecordChange[],
  bounds: Store['bounds'],
): Generator<readonly RecordChange[]> {
  let some: RecordChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    const more = Buffer.byteLength(change.text ?? '');
    if (some.length === bounds.changes || bytes + more > bounds.bytes) {
      yield some;
      some = [];
      bytes = 0;
    }
    some.push(change);
    bytes += more;
  }
  yield some;
}
