import { onNode, type Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { ObservedNode } from '../observe/observed.ts';

/**
 * An error for a Node that cannot be read. The agent does not write to it, because data of others
 * would be lost.
 */
export function unreadableNode({ name, unreadable }: ObservedNode): Issue | undefined {
  if (unreadable === undefined) return undefined;
  const message = `cannot read Node "${printable(name)}": ${printable(unreadable.why)}; the agent patches it when it can be read`;
  const hint = `show it with \`${printable(unreadable.showWith)}\`, then correct it, or delete it and restart calico-node on that node, which makes it anew`;
  const issue = {
    severity: 'warning',
    code: 'node-unreadable',
    pointer: '',
    message,
    hint,
  } as const;
  return onNode(issue, name);
}
