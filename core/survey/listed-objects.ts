/** Objects as tools print them: alone, or in lists that may stand in lists. */
import { isMap, listAt, textAt } from '../input/plain-data.ts';

const maxDepth = 8;

/** The objects of a document; items of a typed list need not say what they are. */
export function listedObjects(document: unknown, depth = 0): readonly unknown[] {
  const kind = textAt(document, 'kind') ?? '';
  if (!isMap(document) || !kind.endsWith('List') || !Array.isArray(document['items'])) {
    return [document];
  }
  const apiVersion = textAt(document, 'apiVersion');
  const itemKind = kind.slice(0, -'List'.length);
  return listAt(document, 'items').flatMap((item) => {
    const isTyped = itemKind !== '' && isMap(item) && item['kind'] === undefined;
    const whole = isTyped ? { apiVersion, kind: itemKind, ...item } : item;
    return depth < maxDepth ? listedObjects(whole, depth + 1) : [whole];
  });
}
