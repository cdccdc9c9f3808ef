/**
 * The lines of a systemd unit: comments, sections, and a backslash that continues on the next line.
 * Source: systemd.syntax(7).
 */
export interface UnitLine {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly file: string;
  /** The line on which a character of the value stands. */
  readonly lineAt: (index: number) => number;
}

export function parseUnit(file: string, text: string): readonly UnitLine[] {
  let section = '';
  return logicalLines(text).flatMap(({ content, lineAt }) => {
    const header = /^\[([^\]]*)\]$/.exec(content.trim());
    if (header !== null) {
      section = header[1] ?? '';
      return [];
    }
    const equals = content.indexOf('=');
    if (equals < 0) return [];
    const key = content.slice(0, equals).trim();
    const rest = content.slice(equals + 1);
    const skipped = equals + 1 + (rest.length - rest.trimStart().length);
    const value = rest.trim();
    return [{ section, key, value, file, lineAt: (index: number) => lineAt(skipped + index) }];
  });
}

interface LogicalLine {
  readonly content: string;
  readonly lineAt: (index: number) => number;
}

/** A comment between continued lines is left out, and the lines around it still belong together. */
function logicalLines(text: string): readonly LogicalLine[] {
  const lines: LogicalLine[] = [];
  let parts: { readonly content: string; readonly line: number }[] = [];
  const finish = (): void => {
    if (parts.length > 0) lines.push(joined(parts));
    parts = [];
  };
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (/^\s*[#;]/.test(raw)) continue;
    const isContinued = raw.endsWith('\\');
    parts.push({ content: isContinued ? `${raw.slice(0, -1)} ` : raw, line: index + 1 });
    if (!isContinued) finish();
  }
  finish();
  return lines;
}

function joined(
  parts: readonly { readonly content: string; readonly line: number }[],
): LogicalLine {
  return {
    content: parts.map(({ content }) => content).join(''),
    lineAt: (index) => {
      let left = index;
      for (const { content, line } of parts) {
        if (left < content.length) return line;
        left -= content.length;
      }
      return parts.at(-1)?.line ?? 1;
    },
  };
}
