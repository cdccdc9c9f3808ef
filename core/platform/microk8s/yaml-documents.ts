/** The documents of a YAML text, as they stand between the `---` lines. */
export interface YamlDocument {
  /** With all line ends. */
  readonly text: string;
  /** How many lines of the file stand above it. */
  readonly above: number;
}

/** At the beginning of a line `---` separates documents also inside of a block text. */
export function yamlDocuments(text: string): readonly YamlDocument[] {
  const documents: { lines: string[]; above: number }[] = [{ lines: [], above: 0 }];
  const lines = text.replace(/^\uFEFF/, '').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  for (const [index, line] of lines.entries()) {
    if (/^---(?:\s|$)/.test(line)) documents.push({ lines: [], above: index + 1 });
    else documents.at(-1)?.lines.push(line);
  }
  return documents.map(({ lines: own, above }) => ({ text: own.join(''), above }));
}
