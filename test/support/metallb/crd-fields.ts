/** The schemas of CustomResourceDefinitions. */
import { isMap, listAt, textAt, valueAt, type PlainMap } from '../../../core/input/plain-data.ts';

/** The schema of one version; undefined: the definition does not serve it. */
export function schemaOf(crd: unknown, version: string): PlainMap | undefined {
  const found = listAt(crd, 'spec', 'versions').find(
    (one) => textAt(one, 'name') === version && valueAt(one, 'served') === true,
  );
  const schema = valueAt(found, 'schema', 'openAPIV3Schema');
  return isMap(schema) ? schema : undefined;
}
