/** What remote units of a relation publish, as relation-get prints it. */
import type { HookRequest } from '../../schemas/generated/hook-request.ts';
import { byText } from '../by-text.ts';

export type RelationName = NonNullable<HookRequest['relations']>[number]['name'];
export type RelationData = Readonly<Record<string, string | undefined>>;

export interface Relation {
  readonly id: string;
  /** By each remote unit, in the order of their numbers; undefined: nothing. */
  readonly published: readonly (RelationData | undefined)[];
}

/**
 * Without the one that is about to end: Juju still lists it in its broken hook.
 * @returns undefined where a tool failed: nothing is known of any relation then
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
  return (unit ?? '').replace(/\d+$/, (number) => number.padStart(10, '0'));
}
