/** What the deciding process does: core's decisions, with nothing around them. */
import { digestOfText } from '../../../core/config/digest-of-text.ts';
import { decideConfig } from '../../../core/deciding/decide-config.ts';
import { planDesired, type PlanQuestion } from '../../../core/deciding/plan-desired.ts';
import { readDocuments, type DocumentsRead } from '../../../core/deciding/read-documents.ts';
import type { Decided, Question } from '../../../core/deciding/question.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { CalicoResource } from '../../../core/render/desired.ts';
import { resourceDocument, type Tool } from '../../../core/render/documents/documents.ts';
import type { TaskTable } from '../../../runtime/confined/serve-tasks.ts';

interface TextDigest {
  /** Absent: the text cannot be read. */
  readonly digest?: string;
}

export interface DecideTasks {
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
