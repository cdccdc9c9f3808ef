/** The last answers of a fleet's nodes in the store, a record for each node. */
import { hash } from 'node:crypto';
import { inTurns } from '../../../runtime/pacing/in-turns.ts';
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import type { RecordChange, Store } from '../../ports/store.ts';
import { allRecords } from './all-records.ts';
import { answerKind, answerName, keysOf } from './fleet-keys.ts';
import { createAnswerTexts } from './answer-texts.ts';
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
  /**
   * The keys in the store, with a digest of what was loaded: after a restart thousands of nodes say again
   * what they said before it. With the first write or removal of a record its digest goes.
   */
  const kept = new Map<string, string | undefined>();
  const write = async (changes: readonly RecordChange[]): Promise<void> => {
    for (const some of inTransactions(changes, store.bounds)) {
      // A write or a removal that fails may be on disk all the same.
      for (const { key } of some) kept.set(key, undefined);
      await store.commit({ changes: some });
      for (const { key, text } of some) if (text === undefined) kept.delete(key);
    }
  };
  const answerText = createAnswerTexts();
  return {
    load: async () => {
      kept.clear();
      const answers = new Map<string, StoredAnswer>();
      await allRecords(store, { kind: answerKind, prefix: keysOf(cluster) }, (record) => {
        kept.set(record.key, digestOf(record.text));
        const answer = answerOf(record);
        if (answer !== undefined) answers.set(answer.node, answer);
      });
      return answers;
    },
    save: async (answers) => {
      const changes: RecordChange[] = [];
      await inTurns(answers, ({ node, answer }) => {
        const name = answerName(cluster, node);
        const loaded = kept.get(name.key);
        if (answer !== undefined) {
          // What is stored as it is needs no check: it is not written.
          if (loaded !== undefined && loaded === digestOf(JSON.stringify(answer))) return;
          changes.push({ ...name, text: answerText(answer) });
        } else if (kept.has(name.key)) changes.push(name);
      });
      await write(changes);
    },
    retain: async (nodes) => {
      const named = new Set(nodes.map((node) => answerName(cluster, node).key));
      const gone = [...kept.keys()].filter((key) => !named.has(key));
      await write(gone.map((key) => ({ kind: answerKind, key })));
    },
  };
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64');
}
