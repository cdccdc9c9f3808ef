/** An object as the server has it, with the parts that a later write needs. */
import { entriesAt, textAt } from '../../../../core/input/plain-data.ts';
import { managedEntries, type ManagedEntry } from './managed-fields.ts';

export interface KeptObject {
  readonly uid: string;
  /** metadata.resourceVersion: opaque. */
  readonly version: string;
  readonly managed: readonly ManagedEntry[];
  /** `spec.asNumber`, `metadata.labels.x` → value. */
  readonly fields: ReadonlyMap<string, unknown>;
}

export function keptObject(object: unknown): KeptObject {
  return {
    uid: textAt(object, 'metadata', 'uid') ?? '',
    version: textAt(object, 'metadata', 'resourceVersion') ?? '',
    managed: managedEntries(object),
    fields: flatFields(object),
  };
}

const parts = [['spec'], ['metadata', 'labels'], ['metadata', 'annotations']] as const;

/** The object's top fields of the spec, and its labels and annotations, by path. */
export function flatFields(object: unknown): ReadonlyMap<string, unknown> {
  return new Map(
    parts.flatMap((part) =>
      entriesAt(object, ...part).map(([name, value]) => [`${part.join('.')}.${name}`, value]),
    ),
  );
}

/** The reverse of flatFields: an object with these fields. */
export function nestedFields(fields: Iterable<readonly [string, unknown]>): {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
} {
  const all = [...fields];
  const below = (prefix: string): Readonly<Record<string, unknown>> =>
    Object.fromEntries(
      all.flatMap(([path, value]) =>
        path.startsWith(prefix) ? [[path.slice(prefix.length), value]] : [],
      ),
    );
  const labels = below('metadata.labels.');
  const annotations = below('metadata.annotations.');
  const spec = below('spec.');
  return {
    metadata: {
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    ...(Object.keys(spec).length > 0 && { spec }),
  };
}
