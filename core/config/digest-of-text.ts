import { textBounds } from '../input/bounds.ts';
import { digestOf } from '../revision/digest.ts';
import { locateAll } from './yaml/located-yaml.ts';
import { plainValue } from './yaml/plain-value.ts';

/** The digest of a configuration's text as `parseConfig` gives it; undefined where it cannot be read. */
export function digestOfText(text: string): string | undefined {
  const located = locateAll(text, textBounds.config);
  return located.ok ? digestOf(plainValue(located.root)) : undefined;
}
