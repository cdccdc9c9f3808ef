/**
 * The tasks of the decider: core's decisions, and reading files that are too large for the daemon.
 */
import { digestOfText } from '../../../core/config/digest-of-text.ts';
import { decideConfig } from '../../../core/deciding/decide-config.ts';
import { planDesired, type PlanQuestion } from '../../../core/deciding/plan-all-targets.ts';
import { readDocuments, type DocumentsRead } from '../../../core/deciding/read-documents.ts';
import { readFacts, type FactsRead } from '../../../core/deciding/read-facts.ts';
import { exportConfig, type ExportedConfig } from '../../../core/export/export-config.ts';
import type { AdoptableObject } from '../../../core/plan/adopt/adoption.ts';
import { findAdoptable } from '../../../core/plan/adopt/find-adoptable.ts';
import { findStaleNodes } from '../../../core/survey/find-stale-nodes.ts';
import type { StaleNode } from '../../../core/survey/stale-node.ts';
import type { SurveyedCluster } from '../../../core/survey/surveyed-cluster.ts';
import type { AdoptionQuestion, StaleNodesQuestion } from '../../ports/decider.ts';
import type { PlainMap } from '../../../core/input/plain-data.ts';
import type { Decided, Question } from '../../../core/deciding/question.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import { resourceDocument, type Tool } from '../../../core/render/documents/documents.ts';
import { readEntry, readEntrySummary, type StoredRead } from '../../../core/stored/read-entry.ts';
import { yamlText } from '../../../core/yaml-text.ts';
import { readFileAtOnce } from '../../../runtime/files/read-file-at-once.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { JournalSummary } from '../../../schemas/generated/journal-summary.ts';
import { maxEntryBytes } from '../../ports/storage/stored-entries.ts';
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
  readonly facts: { readonly input: string; readonly output: FactsRead };
  readonly adoptable: {
    readonly input: AdoptionQuestion;
    readonly output: readonly AdoptableObject[];
  };
  readonly 'stale-nodes': {
    readonly input: StaleNodesQuestion;
    readonly output: readonly StaleNode[];
  };
  readonly export: { readonly input: SurveyedCluster; readonly output: ExportedConfig };
  readonly 'read-documents': { readonly input: string; readonly output: DocumentsRead };
  readonly 'write-document': {
    readonly input: { readonly resource: CalicoResource; readonly tool: Tool };
    readonly output: string;
  };
  readonly 'write-object': { readonly input: PlainMap; readonly output: string };
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
  facts: (text) => readFacts(text),
  adoptable: ({ desired, survey }) => findAdoptable(desired, survey),
  'stale-nodes': ({ survey, living }) => findStaleNodes(survey, living),
  export: (survey) => exportConfig(survey),
  'read-documents': (text) => readDocuments(text),
  'write-document': ({ resource, tool }) => resourceDocument(resource, tool),
  'write-object': (content) => yamlText(content),
};

function readStored<T>(file: string, read: (text: string) => StoredRead<T>): StoredRead<T> {
  const found = readFileAtOnce(file, maxEntryBytes);
  return found.ok ? read(found.text) : { kind: 'damaged', reason: found.reason };
}
