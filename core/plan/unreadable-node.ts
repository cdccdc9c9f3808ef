import { onNode, type Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { ObservedNode } from '../observe/observed.ts';

/** Nothing is written to a Node that cannot be read: what others keep in it would be lost. */
export function unreadableNode({ name, unreadable }: ObservedNode): Issue | undefined {
  if (unreadable === undefined) return undefined;
  const message = `cannot read Node "${printable(name)}": ${printable(unreadable.why)}; it is patched when it can be read`;
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
