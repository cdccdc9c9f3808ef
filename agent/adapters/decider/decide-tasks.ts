/** What the deciding process does: core's decisions, with nothing around them. */
import { digestOfText } from '../../../core/config/digest-of-text.ts';
import { decideConfig } from '../../../core/deciding/decide-config.ts';
import { planDesired, type PlanQuestion } from '../../../core/deciding/plan-desired.ts';
import type { Decided, Question } from '../../../core/deciding/wanted.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { TaskTable } from '../../../runtime/confined/serve-tasks.ts';

interface TextDigest {
  /** Absent: the text cannot be read. */
  readonly digest?: string;
}

export interface DecideTasks {
  readonly decide: { readonly input: Question; readonly output: Decided };
  readonly plan: { readonly input: PlanQuestion; readonly output: AnyPlan };
  readonly digest: { readonly input: string; readonly output: TextDigest };
}

export const decideTasks: TaskTable<DecideTasks> = {
  decide: decideConfig,
  plan: planDesired,
  digest: (text, enter) => {
    enter('reading the text');
    const digest = digestOfText(text);
    return digest === undefined ? {} : { digest };
  },
};
