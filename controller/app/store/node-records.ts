/** The nodes of a fleet in the store, a record for each. */
import { hash } from 'node:crypto';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import { inTurns } from '../../../runtime/pacing/in-turns.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { RecordChange, Store } from '../../ports/store.ts';
import { allRecords } from './all-records.ts';
import { keysOf, nodeKind, nodeName } from './fleet-keys.ts';
import { nodeOf, nodeText } from './fleet-texts.ts';
import { inTransactions } from './in-transactions.ts';

export interface StoredNodes {
  readonly nodes: readonly StoredNode[];
  /** Nodes whose record cannot be read; it stays until the node connects, or is forgotten. */
  readonly unreadable: readonly UnreadableNode[];
}

export interface UnreadableNode {
  readonly name: string;
  readonly reason: string;
}

export interface NodeRecords {
  load(): Promise<StoredNodes>;
  /** @param unreadable names of nodes whose records stay as they are */
  save(nodes: readonly StoredNode[], unreadable: readonly string[]): Promise<void>;
  /** Writes those of these nodes that have changed; the others stay. */
  saveSome(nodes: readonly StoredNode[]): Promise<void>;
}

export function createNodeRecords(store: Store, cluster: string): NodeRecords {
  /** What is in the store, by key: digests, because texts would take as much memory as the nodes. */
  const kept = new Map<string, string>();
  const write = async (changes: readonly RecordChange[]): Promise<void> => {
    // A write that fails may be on disk all the same.
    for (const { key } of changes) if (kept.has(key)) kept.set(key, '');
    await store.commit({ changes });
    for (const { key, text } of changes) {
      if (text === undefined) kept.delete(key);
      else kept.set(key, digestOf(text));
    }
  };
  const changesOf = async (nodes: readonly StoredNode[]): Promise<RecordChange[]> => {
    const changes: RecordChange[] = [];
    await inTurns(nodes, (node) => {
      const name = nodeName(cluster, node.name);
      const text = nodeText(cluster, node);
      if (kept.get(name.key) !== digestOf(text)) changes.push({ ...name, text });
    });
    return changes;
  };
  const writeAll = async (changes: readonly RecordChange[]): Promise<void> => {
    for (const transaction of inTransactions(changes, store.bounds)) await write(transaction);
  };
  return {
    load: async () => {
      kept.clear();
      const nodes: StoredNode[] = [];
      const unreadable: UnreadableNode[] = [];
      await allRecords(store, { kind: nodeKind, prefix: keysOf(cluster) }, (record) => {
        kept.set(record.key, digestOf(record.text));
        try {
          nodes.push(nodeOf(cluster, record));
        } catch (error) {
          // All of the store is newer, and this version must not change it.
          if (error instanceof AppError && error.code === 'newer-format') throw error;
          const name = record.key.slice(keysOf(cluster).length);
          unreadable.push({ name, reason: reasonOf(error) });
        }
      });
      return { nodes, unreadable };
    },
    save: async (nodes, unreadable) => {
      const names = [...nodes.map(({ name }) => name), ...unreadable];
      const named = new Set(names.map((name) => nodeName(cluster, name).key));
      const changes = await changesOf(nodes);
      for (const key of kept.keys()) {
        if (!named.has(key)) changes.push({ kind: nodeKind, key });
      }
      await writeAll(changes);
    },
    saveSome: async (nodes) => writeAll(await changesOf(nodes)),
  };
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64');
}
