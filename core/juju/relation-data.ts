/** Reads the data of a relation's remote units, as relation-get prints it. */
import type { HookRequest } from '../../schemas/generated/hook-request.ts';
import { byText } from '../by-text.ts';

export type RelationName = NonNullable<HookRequest['relations']>[number]['name'];
export type RelationData = Readonly<Record<string, string | undefined>>;

export interface Relation {
  readonly id: string;
  /** The data of each remote unit, in the order of their numbers; undefined: it has none. */
  readonly published: readonly (RelationData | undefined)[];
}

/**
 * The relations without the one that is ending, which Juju still lists in its broken hook.
 * @returns undefined: a hook tool failed, so that no relation is known
 */
export function relationsOf(
  request: HookRequest,
  name: RelationName,
): readonly Relation[] | undefined {
  const ended = request.hook === `${name}-relation-broken` ? request.relation : undefined;
  const entries = request.relations?.filter((one) => one.name === name && one.id !== ended);
  if (entries === undefined) return undefined;
  const ids = [...new Set(entries.map(({ id }) => id))].toSorted(byText);
  return ids.map((id) => ({
    id,
    published: entries
      .filter((one) => one.id === id && typeof one.unit === 'string')
      .toSorted((one, other) => byText(sortKey(one.unit), sortKey(other.unit)))
      .map(({ data }) => data ?? undefined),
  }));
}

/** etcd/2 before etcd/10. */
function sortKey(unit: string | null | undefined): string {
  return (unit ?? '').replace(/(?<!\d)\d+$/, (number) => number.padStart(10, '0'));
}
