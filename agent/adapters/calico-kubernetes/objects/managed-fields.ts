/**
 * The field managers of an object, from metadata.managedFields. Source: structured-merge-diff's
 * FieldsV1: `f:spec` → `f:asNumber`.
 */
import { entriesAt, isMap, listAt, textAt } from '../../../../core/input/plain-data.ts';
import type { FieldWriter } from '../../../../core/observe/observed.ts';
import { byText } from '../../../../core/by-text.ts';

export const fieldManager = 'calico-agent';

export interface ManagedEntry {
  readonly manager: string;
  /** Our own entry by server-side apply: a field that the next apply leaves out is removed. */
  readonly isOurApply: boolean;
  readonly isOurs: boolean;
  /** RFC 3339. */
  readonly at?: string;
  /** `spec.asNumber`, `metadata.labels.x`: as FieldChange.path. */
  readonly paths: readonly string[];
  /** The entry as it is in the object. */
  readonly raw: unknown;
}

export function managedEntries(object: unknown): readonly ManagedEntry[] {
  return listAt(object, 'metadata', 'managedFields').map((raw) => {
    const manager = textAt(raw, 'manager') ?? '';
    const at = textAt(raw, 'time');
    const isOurs = manager === fieldManager;
    return {
      manager,
      isOurs,
      isOurApply: isOurs && textAt(raw, 'operation') === 'Apply',
      ...(at !== undefined && { at }),
      paths: pathsOf(raw),
      raw,
    };
  });
}

/** The most fields read for each writer; a writer of more labels is not named for the others. */
const mostPaths = 200;

/** Newest first. */
export function fieldWriters(object: unknown): readonly FieldWriter[] {
  return managedEntries(object)
    .filter(({ paths }) => paths.length > 0)
    .toSorted((one, other) => byText(other.at ?? '', one.at ?? ''))
    .map(({ manager, at, paths }) => ({
      manager,
      ...(at !== undefined && { at }),
      paths: paths.slice(0, mostPaths),
    }));
}

/** The other field managers of this field. */
export function otherManagers(entries: readonly ManagedEntry[], path: string): readonly string[] {
  return entries.flatMap(({ isOurs, manager, paths }) =>
    !isOurs && paths.includes(path) ? [manager] : [],
  );
}

const parts = [['spec'], ['metadata', 'labels'], ['metadata', 'annotations']] as const;

function pathsOf(entry: unknown): readonly string[] {
  return parts.flatMap((part) => {
    const fields = entriesAt(entry, 'fieldsV1', ...part.map((name) => `f:${name}`));
    return fields.flatMap(([key, value]) =>
      key.startsWith('f:') && isMap(value) ? [`${part.join('.')}.${key.slice(2)}`] : [],
    );
  });
}
