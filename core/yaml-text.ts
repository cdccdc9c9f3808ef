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
      if (typeof node.value === 'string' && !isPrintable(node.value.replaceAll('\n', '')))
        node.type = 'QUOTE_DOUBLE';
    },
  });
  return printableLines(document.toString({ lineWidth: 0 }));
}
