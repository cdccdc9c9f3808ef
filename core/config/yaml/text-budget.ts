/** How much of its bounds a text has used up. Several texts may share one: all options of a charm. */
import type { TextBounds } from '../../input/bounds.ts';

export interface TextBudget {
  readonly bounds: TextBounds;
  /** False from the one on that is too much. */
  takeToken(): boolean;
  /** @param length of the value's text and of its pointer, in characters */
  takeValue(length: number): 'taken' | 'too-many' | 'too-long';
}

export function textBudget(bounds: TextBounds): TextBudget {
  let tokens = bounds.maxTokens;
  let values = bounds.maxValues;
  let expanded = bounds.maxExpanded;
  return {
    bounds,
    takeToken: () => {
      tokens -= 1;
      return tokens >= 0;
    },
    takeValue: (length) => {
      values -= 1;
      expanded -= length;
      if (values < 0) return 'too-many';
      return expanded < 0 ? 'too-long' : 'taken';
    },
  };
}
