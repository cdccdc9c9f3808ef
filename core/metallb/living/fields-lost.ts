/**
 * What the CustomResourceDefinitions of a cluster can store. A server drops a field that they do not have,
 * without a word, and answers that all is well.
 */
import {
  entriesAt,
  isMap,
  listAt,
  textAt,
  valueAt,
  type PlainMap,
} from '../../input/plain-data.ts';

/**
 * @param document what the server has at /openapi/v3/apis/GROUP/VERSION
 * @returns the schemas by `metallb.io/v1beta1 IPAddressPool`
 */
export function schemasOf(document: unknown): ReadonlyMap<string, PlainMap> {
  const found = entriesAt(document, 'components', 'schemas').flatMap(
    ([, schema]): [string, PlainMap][] => {
      const [kind] = listAt(schema, 'x-kubernetes-group-version-kind');
      const name = textAt(kind, 'kind');
      const [group, version] = [textAt(kind, 'group'), textAt(kind, 'version')];
      if (!isMap(schema) || name === undefined || name.endsWith('List')) return [];
      if (group === undefined || version === undefined) return [];
      return [[`${group}/${version} ${name}`, schema]];
    },
  );
  return new Map(found);
}

/** Fields of the object that the schema lacks: `spec.serviceSelectors`; the outermost only. */
export function fieldsLost(schema: PlainMap, object: PlainMap): readonly string[] {
  const { metadata: _m, apiVersion: _a, kind: _k, ...checked } = object;
  return lost(schema, checked, '');
}

function lost(schema: unknown, value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    const items = valueAt(schema, 'items');
    return [...new Set(value.flatMap((one: unknown) => lost(items, one, `${path}[]`)))];
  }
  if (!isMap(value) || valueAt(schema, 'x-kubernetes-preserve-unknown-fields') === true) return [];
  const others = valueAt(schema, 'additionalProperties');
  return Object.entries(value).flatMap(([key, inner]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const known = valueAt(schema, 'properties', key) ?? others;
    return known === undefined ? [at] : lost(known, inner, at);
  });
}
