/** Objects as tools print them: alone, or in lists that may stand in lists. */
import { isMap, listAt, textAt, type PlainMap } from './plain-data.ts';

const maxDepth = 8;

/**
 * The objects of a document; items of a typed list need not say what they are. A list may have no
 * brackets around it that say its kind (`jq -s`), and null in place of items (Go prints it so).
 */
export function listedObjects(document: unknown, depth = 0): readonly unknown[] {
  if (Array.isArray(document) && depth < maxDepth) {
    return document.flatMap((item) => listedObjects(item, depth + 1));
  }
  const kind = textAt(document, 'kind') ?? '';
  if (!isMap(document) || !isList(document, kind)) return [document];
  const apiVersion = textAt(document, 'apiVersion');
  const itemKind = kind.slice(0, -'List'.length);
  return listAt(document, 'items').flatMap((item) => {
    const isTyped = itemKind !== '' && isMap(item) && item['kind'] === undefined;
    const whole = isTyped ? { apiVersion, kind: itemKind, ...item } : item;
    return depth < maxDepth ? listedObjects(whole, depth + 1) : [whole];
  });
}

function isList({ items }: PlainMap, kind: string): boolean {
  return kind.endsWith('List') && (Array.isArray(items) || items === null);
}
