import { digestOfText } from '../../../core/config/digest-of-text.ts';
import {
  previewFleet,
  type PreviewAnswer,
  type PreviewQuestion,
} from '../../../core/preview/preview-fleet.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { TaskTable } from '../../../runtime/confined/serve-tasks.ts';
import { checkConfig } from './check-config.ts';
import type { CheckedConfig } from '../../ports/config-checker.ts';

interface CheckQuestion {
  readonly text: string;
  readonly nodes: readonly NodeFacts[];
}

interface TextDigest {
  /** Absent: the text cannot be read. */
  readonly digest?: string;
}

export interface CheckTasks {
  readonly check: { readonly input: CheckQuestion; readonly output: CheckedConfig };
  readonly preview: { readonly input: PreviewQuestion; readonly output: PreviewAnswer };
  readonly digest: { readonly input: string; readonly output: TextDigest };
}

/** The tasks of the controller's decider. */
export const checkTasks: TaskTable<CheckTasks> = {
  check: ({ text, nodes }, enter) => checkConfig(text, nodes, enter),
  preview: previewFleet,
  digest: (text, enter) => {
    enter('reading the text');
    const digest = digestOfText(text);
    return digest === undefined ? {} : { digest };
  },
};
