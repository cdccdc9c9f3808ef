/**
 * The used part of a text's bounds. Several texts may share one budget, as all options of a charm
 * do.
 */
import type { TextBounds } from '../../input/bounds.ts';

export interface TextBudget {
  readonly bounds: TextBounds;
  /** Counts a token; false when there are too many. */
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
