import { nameSome } from '../../core/name-some.ts';
import { groupBy } from '../../core/group-by.ts';

export interface NodeLine {
  readonly name: string;
  readonly text: string;
}

/**
 * One line for many nodes with the same text: `node-1, node-2 and 4,998 more: TEXT`, in their
 * order.
 */
export function groupedLines(lines: readonly NodeLine[]): readonly string[] {
  return [...groupBy(lines, ({ text }) => text)].map(
    ([text, group]) => `${nameSome(group.map(({ name }) => name))}: ${text}`,
  );
}
