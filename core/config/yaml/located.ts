/**
 * A parsed document in which every value has its place. All reading of configurations uses this
 * tree, so that every issue and every rendered value has a place.
 */
import { pointerToken, type Issue, type Place } from '../../issue.ts';

export type Located = LocatedScalar | LocatedList | LocatedMap;

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** The text as written, without quotes: a dotted AS number such as 1.10 is read from it. */
  readonly source: string;
  /** True for quoted and block scalars, and for JSON strings. */
  readonly quoted: boolean;
  /**
   * The place of an index in the value: line and column in the outer text, for any form of the
   * text.
   */
  readonly placeWithin?: (index: number) => Place;
  readonly place: Place;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly items: readonly Located[];
  readonly place: Place;
}

export interface LocatedMap {
  readonly kind: 'map';
  readonly entries: readonly LocatedEntry[];
  readonly place: Place;
}

export interface LocatedEntry {
  readonly key: string;
  /** The place of the key; its pointer is that of the value. */
  readonly keyPlace: Place;
  readonly value: Located;
}

export type LocatedText =
  | { readonly ok: true; readonly root: Located }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** The place of a pointer, or of the nearest value around it. */
export function placeIn(root: Located, pointer: string): Place {
  let node = root;
  for (const token of pointer.split('/').slice(1)) {
    const next = childOf(node, token);
    if (next === undefined) break;
    node = next;
  }
  return { ...node.place, pointer };
}

function childOf(node: Located, token: string): Located | undefined {
  if (node.kind === 'list') return node.items[Number(token)];
  if (node.kind !== 'map') return undefined;
  return node.entries.find(({ key }) => pointerToken(key) === token)?.value;
}
