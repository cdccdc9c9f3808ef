/**
 * The head of what kubectl, calicoctl and juju print without -o or --format: names of columns, and
 * no colon as YAML has it.
 */
const head =
  /^\s*(?:NAME(?:[^\S\n]+[A-Z-]+)*|(?:Model|Machine|App|Unit)(?:[^\S\n]+[A-Za-z][\w/-]*)+)[^\S\n]*\r?\n/;

const longestHead = 4096;

export function looksLikeTable(text: string): boolean {
  return head.test(text.slice(0, longestHead));
}
