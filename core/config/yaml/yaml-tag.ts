/**
 * Refuses tags other than YAML's own plain ones. Mostly a person wrote a text that begins with "!",
 * as Calico's selectors may, without quotes: YAML takes its first word for a tag, and the rest
 * would mean the opposite.
 */
import { isMap, isScalar, isSeq, Scalar } from 'yaml';
import type { Fault } from './yaml-faults.ts';

const plainTags = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;
const maxShown = 64;

/**
 * @param pointer the node's pointer. @param offset the offset of its value, which follows the tag
 */
export function tagFault(
  node: unknown,
  text: string,
  pointer: string,
  offset: number,
): Fault | undefined {
  const { tag } = isScalar(node) || isMap(node) || isSeq(node) ? node : {};
  if (tag === undefined || plainTags.test(tag)) return undefined;
  const start = tagStart(text, offset);
  const written = /^\S*?(?=[\s,[\]{}]|$)/.exec(text.slice(start))?.[0] ?? tag;
  const hint = hintOf(node, pointer, written, text.slice(start, endOf(node, offset)).trim());
  return {
    offset: start,
    code: 'yaml-tag',
    message: `the tag ${written.slice(0, maxShown)} has no meaning here`,
    hint,
  };
}

/** The offset of the word with "!" right before the value; an anchor may be between them. */
function tagStart(text: string, offset: number): number {
  const before = text.slice(Math.max(0, offset - 1024), offset);
  const [found] = /![^\s,[\]{}]*(?:\s+&\S*)?\s*$/.exec(before) ?? [];
  return found === undefined ? offset : offset - found.length;
}

function endOf(node: unknown, offset: number): number {
  return isScalar(node) ? (node.range?.[1] ?? offset) : offset;
}

function hintOf(node: unknown, pointer: string, tag: string, whole: string): string {
  const isPlain = isScalar(node) && (node.type === undefined || node.type === Scalar.PLAIN);
  if (!isPlain) return 'take the tag away';
  const quoted = whole.includes('"') ? `'${whole.replaceAll("'", "''")}'` : `"${whole}"`;
  const quotes =
    whole.length > maxShown || whole.includes('\n') || whole.includes('\\')
      ? 'put quotes around the whole text, from the "!" to its end'
      : `put quotes around the whole text: ${quoted}`;
  const isSelector = /\/(?:selector|nodeSelector)$/.test(pointer) || /[(]|^!$/.test(tag);
  return isSelector ? quotes : `take the tag away, or ${quotes}`;
}
