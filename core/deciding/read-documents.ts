import { locateAll } from '../config/yaml/located-yaml.ts';
import { plainValue } from '../config/yaml/plain-value.ts';
import { jsonSequence } from '../input/json-sequence.ts';
import { textBounds } from '../input/bounds.ts';

export type DocumentsRead =
  | { readonly ok: true; readonly documents: readonly unknown[] }
  /** With the line where it is known. */
  | { readonly ok: false; readonly reason: string };

/** The documents of a file, YAML or JSON, as plain data. */
export function readDocuments(text: string): DocumentsRead {
  const values = jsonSequence(text, textBounds.resources);
  if (values !== undefined) return { ok: true, documents: values };
  const located = locateAll(text, textBounds.resources);
  if (located.ok) return { ok: true, documents: [located.root, ...located.others].map(plainValue) };
  const [first] = located.issues;
  if (first === undefined || first.code === 'yaml-empty') return { ok: true, documents: [] };
  const { line, message } = first;
  return { ok: false, reason: line === undefined ? message : `line ${String(line)}: ${message}` };
}
