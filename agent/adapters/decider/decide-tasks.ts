/** What the deciding process does: core's decisions, and reading the files that are too large for the daemon. */
import { digestOfText } from '../../../core/config/digest-of-text.ts';
import { decideConfig } from '../../../core/deciding/decide-config.ts';
import { planDesired, type PlanQuestion } from '../../../core/deciding/plan-desired.ts';
import { readDocuments, type DocumentsRead } from '../../../core/deciding/read-documents.ts';
import type { Decided, Question } from '../../../core/deciding/question.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import { resourceDocument, type Tool } from '../../../core/render/documents/documents.ts';
import { readEntry, readEntrySummary, type StoredRead } from '../../../core/stored/read-entry.ts';
import { readFileAtOnce } from '../../../runtime/files/read-file-at-once.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { JournalSummary } from '../../../schemas/generated/journal-summary.ts';
import { maxEntryBytes } from '../../ports/stored-entries.ts';
import type { TaskTable } from '../../../runtime/confined/serve-tasks.ts';

interface TextDigest {
  /** Absent: the text cannot be read. */
  readonly digest?: string;
}

export interface DecideTasks {
  readonly 'read-entry': { readonly input: string; readonly output: StoredRead<JournalEntry> };
  readonly 'summarize-entry': {
    readonly input: string;
    readonly output: StoredRead<JournalSummary>;
  };
  readonly decide: { readonly input: Question; readonly output: Decided };
  readonly plan: { readonly input: PlanQuestion; readonly output: AnyPlan };
  readonly digest: { readonly input: string; readonly output: TextDigest };
  readonly 'read-documents': { readonly input: string; readonly output: DocumentsRead };
  readonly 'write-document': {
    readonly input: { readonly resource: CalicoResource; readonly tool: Tool };
    readonly output: string;
  };
}

export const decideTasks: TaskTable<DecideTasks> = {
  'read-entry': (file) => readStored(file, readEntry),
  'summarize-entry': (file) => readStored(file, readEntrySummary),
  decide: decideConfig,
  plan: planDesired,
  digest: (text, enter) => {
    enter('reading the text');
    const digest = digestOfText(text);
    return digest === undefined ? {} : { digest };
  },
  'read-documents': (text) => readDocuments(text),
  'write-document': ({ resource, tool }) => resourceDocument(resource, tool),
};

function readStored<T>(file: string, read: (text: string) => StoredRead<T>): StoredRead<T> {
  const found = readFileAtOnce(file, maxEntryBytes);
  return found.ok ? read(found.text) : { kind: 'damaged', reason: found.reason };
}
