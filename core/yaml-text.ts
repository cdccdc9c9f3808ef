import { Document, visit } from 'yaml';
import { isPrintable, printableLines } from './printable.ts';

/**
 * A document as YAML that every reader understands in the same way. Juju, kubectl, calicoctl and
 * PyYAML read YAML 1.1, where `yes`, `012`, `1_000` and `1:20` are no texts, so keys and values
 * like these are quoted. Characters that act on a terminal become escapes in double quotes.
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

/**
 * Whether the text needs escapes: the library writes blank lines as a block, whose spaces are then
 * read as its indentation.
 */
function needsEscapes(text: string): boolean {
  const isBlank = text.includes('\n') && text.trim() === '';
  return isBlank || !isPrintable(text.replaceAll('\n', ''));
}
