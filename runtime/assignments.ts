/** Reads a file of `NAME=value` or `export NAME=value` lines as text; no part of it is run. */

const assignment = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/;

/**
 * The assignments; undefined: the file has other lines before them, besides comments and empty
 * lines.
 */
export function parseAssignments(text: string): Readonly<Record<string, string>> | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const [first] = said;
  if (first === undefined || !assignment.test(first)) return undefined;
  const entries = said.flatMap((line) => {
    const [, name, value] = assignment.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, wordOf(value)] as const];
  });
  return Object.fromEntries(entries);
}

/** The first word as a shell reads it, without expanding variables. */
function wordOf(value: string): string {
  const pieces = value.matchAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\;]+)|(\s|;)/gsu);
  let word = '';
  for (const [, single, double, escaped, plain, end] of pieces) {
    if (end !== undefined) break;
    word += single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? plain ?? '';
  }
  return word;
}
