/** Replaces a text of several lines in the form that it has in the manifest: `key: |-` with lines below. */
import { isMap, isScalar, Scalar } from 'yaml';
import { findDocument, findParent, pairsOf } from '../../edit/yaml-place.ts';
import type { DocumentChoice, YamlStep } from '../../edit/file-edit.ts';

/** @returns undefined where the value has another form, or the new one does not fit into it */
export function replaceBlock(
  text: string,
  choice: DocumentChoice,
  at: readonly YamlStep[],
  value: string,
): string | undefined {
  const key = at.at(-1);
  const document = findDocument(text, choice);
  if (!document.ok || typeof key !== 'string') return undefined;
  const parent = findParent(document.value, at);
  if (!parent.ok || !isMap(parent.value)) return undefined;
  const node = pairsOf(parent.value, key)[0]?.value;
  if (!isScalar(node) || node.type !== Scalar.BLOCK_LITERAL || !node.range) return undefined;
  const [from, to] = node.range;
  const { offset, text: own } = document.value;
  const [header = '', ...lines] = own.slice(from, to).split('\n');
  const indent = /^ */.exec(lines.find((line) => line.trim() !== '') ?? '')?.[0] ?? '';
  const isClipped = header.trim() === '|-';
  if (!isClipped || indent === '' || value.endsWith('\n') || /^\s/.test(value)) return undefined;
  const block = value.split('\n').map((line) => (line === '' ? '' : `${indent}${line}`));
  const end = own.slice(from, to).endsWith('\n') ? '\n' : '';
  const piece = `${header}\n${block.join('\n')}${end}`;
  return `${text.slice(0, offset + from)}${piece}${text.slice(offset + to)}`;
}
