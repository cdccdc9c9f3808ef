import { Document, visit } from 'yaml';
import { isPrintable, printableLines } from './printable.ts';

/**
 * A document as YAML that every reader takes for the same. Juju, kubectl, calicoctl and PyYAML read
 * YAML 1.1, where `yes`, `012`, `1_000` and `1:20` are no texts: keys and values like these are quoted.
 * What a terminal would act upon stands in double quotes, and as an escape.
 */
export function yamlText(value: unknown): string {
  const document = new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === 'string' && needsEscapes(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return printableLines(document.toString({ lineWidth: 0 }));
}

/** The library writes blank lines as a block, whose spaces are then read as its indentation. */
function needsEscapes(text: string): boolean {
  const isBlank = text.includes('\n') && text.trim() === '';
  return isBlank || !isPrintable(text.replaceAll('\n', ''));
}
