/** The items of a list of the section, each with the places of everything in it. */
import { pointerToken, type Place } from '../../../issue.ts';
import type { Item } from '../../metallb/settings.ts';
import type { Located } from '../../yaml/located.ts';
import { itemsOf } from '../../yaml/read-values.ts';

export interface PlacedItem<T> {
  readonly value: T;
  readonly node: Located;
}

/** @param list the plain value of `node` */
export function placedItems<T>(
  list: readonly T[],
  node: Located | undefined,
): readonly PlacedItem<T>[] {
  return itemsOf(node).flatMap((item, index) => {
    const value = list[index];
    return value === undefined ? [] : [{ value, node: item }];
  });
}

export function itemOf<T extends { readonly name: string }>({
  value,
  node,
}: PlacedItem<T>): Item<Omit<T, 'name'>> {
  const { name, ...spec } = value;
  return { name, spec, place: node.place, places: placesIn(node) };
}

function placesIn(node: Located): Record<string, Place> {
  const places: Record<string, Place> = {};
  const visit = (inner: Located, path: string): void => {
    if (path !== '') places[path] = inner.place;
    const begin = path === '' ? '' : `${path}/`;
    if (inner.kind === 'map') {
      for (const { key, value } of inner.entries) visit(value, begin + pointerToken(key));
    }
    if (inner.kind === 'list') {
      for (const [index, item] of inner.items.entries()) visit(item, `${begin}${index}`);
    }
  };
  visit(node, '');
  return places;
}
