/**
 * The schemas of this server's Calico CRDs: /openapi/v3, which every user may read. They only
 * explain a refusal; the server itself decides.
 */
import { entriesAt, listAt, textAt, valueAt } from '../../../../core/input/plain-data.ts';
import type { CalicoResource, ResourceKind } from '../../../../core/calico/resource.ts';
import type { KubernetesClient } from '../../../../runtime/kubernetes/client.ts';
import type { ApiGroup } from '../calico-api.ts';

export interface ServerSchema {
  /** Fields of the spec that the kind does not have on this server. */
  lacking(resource: CalicoResource): readonly string[];
  /** Numbers that are larger than the schema's int32. */
  beyondInt32(resource: CalicoResource): readonly string[];
}

/** Field → its format, or an empty text. */
type Fields = ReadonlyMap<string, string>;

const highestInt32 = 2 ** 31 - 1;

export async function readServerSchema(
  client: KubernetesClient,
  group: ApiGroup,
): Promise<ServerSchema> {
  const document = await client.find(`read the schemas of ${group}`, `/openapi/v3/apis/${group}`);
  const kinds = new Map<string, Fields>();
  for (const [, schema] of entriesAt(document, 'components', 'schemas')) {
    const [version] = listAt(schema, 'x-kubernetes-group-version-kind');
    const fields = fieldsOf(schema);
    if (fields.size > 0) kinds.set(textAt(version, 'kind') ?? '', fields);
  }
  return {
    lacking: ({ kind, spec }) => {
      const known = kinds.get(kind);
      return known === undefined ? [] : Object.keys(spec).filter((field) => !known.has(field));
    },
    beyondInt32: ({ kind, spec }) =>
      Object.entries(spec).flatMap(([field, value]) => {
        return isBeyondInt32(value) && formatOf(kinds, kind, field) === 'int32' ? [field] : [];
      }),
  };
}

export function isBeyondInt32(value: unknown): boolean {
  return typeof value === 'number' && value > highestInt32;
}

function formatOf(
  kinds: ReadonlyMap<string, Fields>,
  kind: ResourceKind,
  field: string,
): string | undefined {
  return kinds.get(kind)?.get(field);
}

/** A spec may stand in an allOf beside its description. */
function fieldsOf(schema: unknown): Fields {
  const spec = valueAt(schema, 'properties', 'spec');
  const parts = [spec, ...listAt(spec, 'allOf')];
  return new Map(
    parts.flatMap((part) =>
      entriesAt(part, 'properties').map(([name, field]) => [name, textAt(field, 'format') ?? '']),
    ),
  );
}
