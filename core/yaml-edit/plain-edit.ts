/** The same edits on plain data: what an edited text must mean. */
import { isRecord } from './same-data.ts';

/** Keys of mappings, and indexes of lists. */
export type YamlPath = readonly (string | number)[];

export function setData(data: unknown, path: YamlPath, value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (typeof first === 'number' && Array.isArray(data)) {
    return data.map((item: unknown, index) =>
      index === first ? setData(item, rest, value) : item,
    );
  }
  const record = isRecord(data) ? data : {};
  const inner = Object.hasOwn(record, first) ? record[first] : undefined;
  return withEntry(record, String(first), setData(inner, rest, value));
}

export function unsetData(data: unknown, path: YamlPath): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return undefined;
  if (typeof first === 'number' && Array.isArray(data)) {
    return data.map((item: unknown, index) => (index === first ? unsetData(item, rest) : item));
  }
  if (!isRecord(data)) return data;
  if (rest.length > 0) return withEntry(data, String(first), unsetData(data[first], rest));
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== String(first)));
}

export function renameData(data: unknown, path: YamlPath, key: string, value: unknown): unknown {
  return setData(unsetData(data, path), [...path.slice(0, -1), key], value);
}

/** fromEntries defines properties, so that __proto__ is a key like any other. */
function withEntry(
  record: Readonly<Record<string, unknown>>,
  key: string,
  value: unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries([
    ...Object.entries(record).filter(([other]) => other !== key),
    [key, value],
  ]);
}
