/** The last answers of a fleet's nodes in the store, a record for each node. */
import { hash } from 'node:crypto';
import { inTurns } from '../../../runtime/pacing/in-turns.ts';
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import type { RecordChange, Store } from '../../ports/store.ts';
import { allRecords } from './all-records.ts';
import { answerKind, answerName, keysOf } from './fleet-keys.ts';
import { createAnswerTexts, type NodeHead } from './answer-texts.ts';
import { answerOf } from './fleet-texts.ts';
import { inTransactions } from './in-transactions.ts';

/** The last answers of a node; without them, those in the store are removed. */
export interface NodeAnswer {
  readonly node: string;
  readonly answer?: StoredAnswer;
}

export interface AnswerRecords {
  /**
   * An answer that cannot be read is left out: its node says it again when its agent connects.
   */
  load(): Promise<ReadonlyMap<string, StoredAnswer>>;
  save(answers: readonly NodeAnswer[]): Promise<void>;
  /** Removes the answers of all other nodes. */
  retain(nodes: readonly string[]): Promise<void>;
}

export function createAnswerRecords(store: Store, cluster: string): AnswerRecords {
  /** By node, what may be in the store. */
  const kept = new Map<string, KeptRecord>();
  const prefix = keysOf(cluster);
  const keep = (node: string): KeptRecord => {
    const record = { key: answerName(cluster, node).key, loaded: undefined, head: undefined };
    kept.set(node, record);
    return record;
  };
  const write = async (changes: readonly RecordChange[]): Promise<void> => {
    for (const some of inTransactions(changes, store.bounds)) {
      await store.commit({ changes: some });
      for (const { key, text } of some) if (text === undefined) kept.delete(nodeIn(key, prefix));
    }
  };
  const answerText = createAnswerTexts();
  return {
    load: async () => {
      kept.clear();
      const answers = new Map<string, StoredAnswer>();
      await allRecords(store, { kind: answerKind, prefix }, (record) => {
        keep(nodeIn(record.key, prefix)).loaded = digestOf(record.text);
        const answer = answerOf(record);
        if (answer !== undefined) answers.set(answer.node, answer);
      });
      return answers;
    },
    save: async (answers) => {
      const changes: RecordChange[] = [];
      await inTurns(answers, ({ node, answer }) => {
        const known = kept.get(node);
        if (answer === undefined) {
          if (known === undefined) return;
          known.loaded = undefined;
          changes.push({ kind: answerKind, key: known.key });
          return;
        }
        const record = known ?? keep(node);
        const { key, loaded } = record;
        // What is stored as it is needs no check: it is not written.
        if (loaded !== undefined && loaded === digestOf(JSON.stringify(answer))) return;
        // A write or a removal that fails may be on disk all the same.
        record.loaded = undefined;
        changes.push({ kind: answerKind, key, text: answerText(answer, record) });
      });
      await write(changes);
    },
    retain: async (nodes) => {
      const named = new Set(nodes);
      const gone = [...kept].filter(([node]) => !named.has(node)).map(([, record]) => record);
      for (const record of gone) record.loaded = undefined;
      await write(gone.map(({ key }) => ({ kind: answerKind, key })));
    },
  };
}

interface KeptRecord extends NodeHead {
  readonly key: string;
  /**
   * A digest of what was loaded: after a restart thousands of nodes say again what they said before it.
   * Undefined: it was written or removed since then.
   */
  loaded: string | undefined;
}

function nodeIn(key: string, prefix: string): string {
  return key.slice(prefix.length);
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64');
}
