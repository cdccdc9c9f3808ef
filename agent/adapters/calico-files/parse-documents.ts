/** A module of its own, so that the YAML parser is loaded when the first file is read. */
import { locateAll } from '../../../core/config/located-yaml.ts';
import { plainValue } from '../../../core/config/plain-value.ts';
import { textBounds } from '../../../core/input/bounds.ts';

/** The documents as plain data. @throws where the file is not YAML, or beyond its bounds */
export function parseDocuments(text: string): readonly unknown[] {
  const located = locateAll(text, textBounds.resources);
  if (located.ok) return [located.root, ...located.others].map(plainValue);
  const [first] = located.issues;
  if (first === undefined || first.code === 'yaml-empty') return [];
  const { line, message } = first;
  throw new Error(line === undefined ? message : `line ${String(line)}: ${message}`);
}
