/**
 * The field managers of one field. Paths are in the form of the server's conflicts. Source:
 * structured-merge-diff fieldpath/element.go, and FieldsV1 of managedFields.
 */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { isMap, listAt, textAt, valueAt } from '../../../core/input/plain-data.ts';
import { fieldManager } from './reader.ts';

/** @param path `.spec.template.spec.containers[name="calico-node"].env[name="IP"].value` */
export function managersOf(object: unknown, path: string): readonly string[] {
  return listAt(object, 'metadata', 'managedFields').flatMap((entry) => {
    const manager = textAt(entry, 'manager');
    if (manager === undefined || manager === fieldManager) return [];
    return hasPath(valueAt(entry, 'fieldsV1'), path) ? [manager] : [];
  });
}

function hasPath(fields: unknown, path: string): boolean {
  if (path === '') return true;
  if (!isMap(fields)) return false;
  return Object.entries(fields).some(([key, inner]) => {
    const text = elementText(key);
    return text !== undefined && path.startsWith(text) && hasPath(inner, path.slice(text.length));
  });
}

function elementText(key: string): string | undefined {
  const rest = key.slice(2);
  switch (key.slice(0, 2)) {
    case 'f:':
      return `.${rest}`;
    case 'k:':
      return keyText(rest);
    case 'v:':
      return `[=${rest}]`;
    case 'i:':
      return `[${rest}]`;
    default:
      return undefined;
  }
}

function keyText(json: string): string | undefined {
  const parsed = jsonValue(json, jsonBounds.annotation);
  if (!isMap(parsed)) return undefined;
  const pairs = Object.entries(parsed).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `[${pairs.join(',')}]`;
}
