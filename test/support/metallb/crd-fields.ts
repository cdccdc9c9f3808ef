/**
 * What a cluster's own CustomResourceDefinitions of MetalLB can store. A server drops a field that they do not
 * have, without a word, and answers that all is well.
 */
import { isMap, listAt, textAt, valueAt, type PlainMap } from '../../../core/input/plain-data.ts';

/** The schema of one version; undefined: the definition does not serve it. */
export function schemaOf(crd: unknown, version: string): PlainMap | undefined {
  const found = listAt(crd, 'spec', 'versions').find(
    (one) => textAt(one, 'name') === version && valueAt(one, 'served') === true,
  );
  const schema = valueAt(found, 'schema', 'openAPIV3Schema');
  return isMap(schema) ? schema : undefined;
}

/** Fields of the object that the schema lacks: `spec.serviceSelectors`; the outermost only. */
export function fieldsLost(schema: PlainMap, object: PlainMap): readonly string[] {
  const { metadata: _m, apiVersion: _a, kind: _k, ...checked } = object;
  return lost(schema, checked, '');
}

function lost(schema: unknown, value: unknown, path: string): string[] {
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
