/** Which nodes an enrolment token is for: names, or patterns in which `*` stands for any characters. */

const form = /^[a-z0-9*]([-a-z0-9.*]{0,251}[a-z0-9*])?$/;

/** Whether the text is a name or a pattern, in lower case. */
export function isNodePattern(text: string): boolean {
  return form.test(text);
}

/** @param patterns undefined: all nodes @param node in lower case */
export function mayEnrol(patterns: readonly string[] | undefined, node: string): boolean {
  return patterns === undefined || patterns.some((pattern) => matches(pattern, node));
}

/** Whether one of the patterns is the name itself. */
export function isNamed(patterns: readonly string[] | undefined, node: string): boolean {
  return patterns?.includes(node) ?? false;
}

/** In time proportional to the lengths, because a pattern comes from outside. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  if (others.length === 0) return pattern === name;
  if (!name.startsWith(first)) return false;
  const last = others.pop() ?? '';
  let at = first.length;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
