/** New keys and values, written so that readers of YAML 1.1 and 1.2 understand the same. */
import { Document, isCollection, visit } from 'yaml';

export type YamlValue =
  string | number | boolean | null | readonly YamlValue[] | { readonly [key: string]: YamlValue };

/** How a text is written around the new value. */
export interface Style {
  /** Texts in double quotes, as in JSON. */
  readonly isJson: boolean;
  /** Spaces by which an inner block is indented. */
  readonly step: number;
  readonly lineBreak: string;
}

/** On one line: a scalar, or a collection in brackets. */
export function inlineText(value: YamlValue, { isJson }: Style): string {
  if (isJson) return JSON.stringify(value);
  const document = documentOf(value);
  visit(document, (_key, node) => {
    if (isCollection(node)) node.flow = true;
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}

export function keyText(key: string, style: Style): string {
  return inlineText(key, style);
}

/** The lines of an entry, indented by this many spaces, each ended. */
export function entryLines(key: string, value: YamlValue, indent: number, style: Style): string {
  return indented(documentOf({ [key]: value }), indent, style);
}

/** The lines of a block collection, indented; for an empty one and for scalars see inlineText. */
export function blockLines(value: YamlValue, indent: number, style: Style): string {
  return indented(documentOf(value), indent, style);
}

export function isBlock(value: YamlValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function documentOf(value: YamlValue): Document {
  return new Document(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
}

function indented(document: Document, indent: number, { step, lineBreak }: Style): string {
  const text = document.toString({ lineWidth: 0, indent: step, flowCollectionPadding: false });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : ' '.repeat(indent) + line) + lineBreak)
    .join('');
}
