/** What a configuration is for a node, and its digest. Runs share what is worked out once. */
import { digestOfText } from '../../../core/config/digest-of-text.ts';
import { decideConfig } from '../../../core/deciding/decide-config.ts';
import type { Decided, Question } from '../../../core/deciding/question.ts';

const known = new Map<string, Decided>();
const digests = new Map<string, string | undefined>();

export function decided(question: Question): Decided {
  const key = `${question.facts.name} ${question.text}`;
  const found = known.get(key) ?? decideConfig(question);
  known.set(key, found);
  return found;
}

export function digestOfKnown(text: string): string | undefined {
  if (!digests.has(text)) digests.set(text, digestOfText(text));
  return digests.get(text);
}
