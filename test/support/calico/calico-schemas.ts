/** Calico's own schemas, stricter than a server: an unknown field is a fault. */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

export type CalicoApi = 'v1' | 'v3' | 'v1-microk8s';

const apiVersions = {
  v1: 'crd.projectcalico.org/v1',
  v3: 'projectcalico.org/v3',
  'v1-microk8s': 'crd.projectcalico.org/v1',
} as const;

/** Returns the faults of a document. */
export function calicoSchemas(api: CalicoApi): (document: unknown) => readonly string[] {
  const validators = compile(api);
  return (document) => {
    const { apiVersion, kind } = asRecord(document);
    if (apiVersion !== apiVersions[api]) return [`apiVersion is ${String(apiVersion)}`];
    const validate = validators.get(String(kind));
    if (validate === undefined) return [`kind is ${String(kind)}`];
    validate(document);
    return (validate.errors ?? []).map(
      (error) => `${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
    );
  };
}

function compile(api: CalicoApi): ReadonlyMap<string, ValidateFunction> {
  const file = new URL(`../../fixtures/calico-crds/${api}.json`, import.meta.url);
  const schemas: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const formats = { cidr: true, 'date-time': true, int64: true } as const;
  const ajv = new Ajv({ allErrors: true, strict: false, formats });
  // Unsigned 32 bits, as Calico itself reads them: not every server checks int32 (calico#13494).
  ajv.addFormat('int32', { type: 'number', validate: (value) => value >= 0 && value < 2 ** 32 });
  return new Map(
    Object.entries(asRecord(schemas)).map(([kind, schema]) => [kind, ajv.compile(strict(schema))]),
  );
}

/** Only the listed properties. Metadata is the API server's own, and stays open. */
function strict(schema: unknown): Readonly<Record<string, unknown>> {
  // Go's regular expressions know (?i), JavaScript's do not; we write no such field.
  const usable = Object.entries(asRecord(schema)).filter(
    ([key, value]) => key !== 'pattern' || !String(value).includes('(?i)'),
  );
  const entries = usable.map(([key, value]): [string, unknown] => {
    if (key === 'properties') {
      const properties = Object.entries(asRecord(value)).map(([name, one]) => [name, strict(one)]);
      return [key, Object.fromEntries(properties)];
    }
    return [key, key === 'items' ? strict(value) : value];
  });
  const isClosed = entries.some(([key]) => key === 'properties');
  return Object.fromEntries(isClosed ? [...entries, ['additionalProperties', false]] : entries);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
