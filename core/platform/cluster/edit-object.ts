/** Sets and removes fields of an object by their paths. */
import { isMap, type PlainMap } from '../../input/plain-data.ts';
import { pathText, type FieldPath, type PathPart } from './cluster-edit.ts';

export interface FieldEdit {
  readonly path: FieldPath;
  /** Undefined: the field is to be absent. */
  readonly value: unknown;
}

export type Edited =
  | { readonly ok: true; readonly object: PlainMap }
  /** A clause: "it has no container calico-node". */
  | { readonly ok: false; readonly why: string };

/** The object with these fields. Lists and maps that are missing on the way are made, containers are not. */
export function editObject(object: PlainMap, edits: readonly FieldEdit[]): Edited {
  let edited: unknown = object;
  for (const { path, value } of edits) {
    const missing = missingContainer(edited, path);
    if (missing !== undefined) {
      return { ok: false, why: `it has no ${missing}, and so no ${pathText(path)}` };
    }
    edited = withValue(edited, path, value);
  }
  return isMap(edited) ? { ok: true, object: edited } : { ok: false, why: 'it is no object' };
}

/** The value at the path; undefined: the object does not have it. */
export function fieldAt(object: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(innerAt, object);
}

function innerAt(value: unknown, part: PathPart): unknown {
  if (typeof part === 'string') {
    return isMap(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return Array.isArray(value) ? value.find((item: unknown) => isItem(item, part)) : undefined;
}

function isItem(item: unknown, part: Exclude<PathPart, string>): boolean {
  return 'named' in part ? isNamed(item, part.named) : item === part.item;
}

function isNamed(item: unknown, name: string): boolean {
  return isMap(item) && item['name'] === name;
}

/**
 * `container calico-node`, where the path leads into one that the object does not have. A container without its image is
 * none: the server would refuse it in words that help nobody.
 */
export function missingContainer(object: unknown, path: FieldPath): string | undefined {
  const at = path.findIndex((part) => part === 'containers' || part === 'initContainers');
  const part = path[at + 1];
  const isContainer = part !== undefined && typeof part !== 'string' && 'named' in part;
  if (at === -1 || !isContainer || at + 2 >= path.length) {
    return undefined;
  }
  const isThere = fieldAt(object, path.slice(0, at + 2)) !== undefined;
  return isThere ? undefined : `container ${part.named}`;
}

function withValue(inner: unknown, [part, ...rest]: FieldPath, value: unknown): unknown {
  if (part === undefined) return value;
  if (value === undefined && innerAt(inner, part) === undefined) return inner;
  const next = withValue(innerAt(inner, part), rest, value);
  return typeof part === 'string' ? withKey(inner, part, next) : withItem(inner, part, next);
}

function withKey(inner: unknown, key: string, next: unknown): PlainMap {
  const { [key]: _, ...others } = isMap(inner) ? inner : {};
  if (next === undefined) return others;
  return isMap(inner) && Object.hasOwn(inner, key)
    ? { ...inner, [key]: next }
    : { ...others, [key]: next };
}

function withItem(
  inner: unknown,
  part: Exclude<PathPart, string>,
  next: unknown,
): readonly unknown[] {
  const items: readonly unknown[] = Array.isArray(inner) ? inner : [];
  const at = items.findIndex((item) => isItem(item, part));
  if (next === undefined) return items.filter((_, index) => index !== at);
  return at === -1 ? [...items, next] : items.map((item, index) => (index === at ? next : item));
}
