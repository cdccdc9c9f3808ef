/** MetalLB's own CustomResourceDefinitions, by kind. */
import { readFileSync } from 'node:fs';
import { isMap, listAt, textAt, valueAt, type PlainMap } from '../../../core/input/plain-data.ts';
import { fieldsLost } from '../../../core/metallb/living/fields-lost.ts';
import { schemaOf } from './crd-fields.ts';
import { Ajv } from 'ajv';

function metalLbCrds(): PlainMap {
  const file = new URL('../../fixtures/metallb-crds/v0.16.2.json', import.meta.url);
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return isMap(parsed) ? parsed : {};
}

/** The faults of a document, also fields that a server would drop. */
export function metalLbFaults(document: unknown): readonly string[] {
  const kind = textAt(document, 'kind') ?? '';
  const [group, version = ''] = (textAt(document, 'apiVersion') ?? '').split('/');
  const crd = valueAt(metalLbCrds(), kind);
  const schema = group === 'metallb.io' ? schemaOf(crd, version) : undefined;
  if (schema === undefined || !isMap(document)) return [`${group ?? ''}/${version} has no ${kind}`];
  const ajv = new Ajv({ allErrors: true, strict: false, formats: { int32: true, int64: true } });
  ajv.validate(schema, document);
  return [
    ...(ajv.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`),
    ...fieldsLost(schema, document).map((field) => `${field} is not known`),
  ];
}

/** The definitions as a server gets them. */
export function crdDocuments(): readonly PlainMap[] {
  return Object.values(metalLbCrds()).filter(isMap);
}

export function crdName(crd: PlainMap): string {
  return textAt(crd, 'metadata', 'name') ?? '';
}

export function plurals(): readonly string[] {
  return crdDocuments().flatMap((crd) => {
    const [version] = listAt(crd, 'spec', 'versions');
    const plural = textAt(crd, 'spec', 'names', 'plural') ?? '';
    return [
      `/apis/metallb.io/${textAt(version, 'name') ?? ''}/namespaces/metallb-system/${plural}`,
    ];
  });
}
