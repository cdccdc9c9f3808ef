/**
 * A large JSON value as a sequence of small pieces: writing or reading one of them takes well below
 * a millisecond, so an event loop can do other work in between.
 */

/** Roughly the number of values, and of 64 characters of text, in one piece. */
const pieceSize = 1000;

/** `key` is its key in an object; absent in a list and at the top. */
export type Piece =
  /** A whole value. */
  | readonly ['value', value: unknown, key?: string]
  /** Further entries of the open list. */
  | readonly ['entries', entries: readonly unknown[]]
  /** Further members of the open object. */
  | readonly ['members', members: readonly (readonly [key: string, value: unknown])[]]
  | readonly ['open', kind: 'list' | 'object', key?: string]
  | readonly ['close'];

export function* splitValue(value: unknown, key?: string): Generator<Piece, void> {
  if (typeof value !== 'object' || value === null || isSmall(value)) {
    yield key === undefined ? ['value', value] : ['value', value, key];
    return;
  }
  const kind = Array.isArray(value) ? 'list' : 'object';
  yield key === undefined ? ['open', kind] : ['open', kind, key];
  if (Array.isArray(value)) yield* splitEntries(value);
  else yield* splitMembers(value);
  yield ['close'];
}

function* splitEntries(list: readonly unknown[]): Generator<Piece, void> {
  let entries: unknown[] = [];
  let size = 0;
  for (const entry of list) {
    const entrySize = sizeUpTo(pieceSize, entry);
    if (size + entrySize > pieceSize && entries.length > 0) {
      yield ['entries', entries];
      entries = [];
      size = 0;
    }
    if (entrySize >= pieceSize) yield* splitValue(entry);
    else entries.push(entry);
    size += entrySize >= pieceSize ? 0 : entrySize;
  }
  if (entries.length > 0) yield ['entries', entries];
}

function* splitMembers(object: object): Generator<Piece, void> {
  let members: [string, unknown][] = [];
  let size = 0;
  for (const [key, member] of Object.entries(object)) {
    if (member === undefined) continue;
    const memberSize = sizeUpTo(pieceSize, member) + 1;
    if (size + memberSize > pieceSize && members.length > 0) {
      yield ['members', members];
      members = [];
      size = 0;
    }
    if (memberSize >= pieceSize) yield* splitValue(member, key);
    else members.push([key, member]);
    size += memberSize >= pieceSize ? 0 : memberSize;
  }
  if (members.length > 0) yield ['members', members];
}

function isSmall(value: unknown): boolean {
  return sizeUpTo(pieceSize, value) < pieceSize;
}

/** Counts no further than the limit. */
function sizeUpTo(limit: number, value: unknown): number {
  if (typeof value === 'string') return 1 + Math.floor(value.length / 64);
  if (typeof value !== 'object' || value === null) return 1;
  let size = 1;
  if (Array.isArray(value)) {
    if (value.length >= limit) return limit;
    for (const entry of value) {
      size += sizeUpTo(limit - size, entry);
      if (size >= limit) return limit;
    }
    return size;
  }
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    const member: unknown = Reflect.get(value, key);
    size += 1 + sizeUpTo(limit - size, member);
    if (size >= limit) return limit;
  }
  return size;
}

export interface Joining {
  add(piece: Piece): void;
  /** The value, once all its pieces are there. */
  value(): unknown;
}

type Container = unknown[] | Record<string, unknown>;

/** Builds a value from pieces that JSON.parse gave. */
export function joinPieces(): Joining {
  const open: Container[] = [];
  let root: unknown;
  const put = (value: unknown, key: string | undefined): void => {
    const container = open.at(-1);
    if (container === undefined) root = value;
    else if (Array.isArray(container)) container.push(value);
    else if (key !== undefined) setMember(container, key, value);
  };
  return {
    add: (piece) => {
      switch (piece[0]) {
        case 'value':
          return put(piece[1], piece[2]);
        case 'entries':
          for (const entry of piece[1]) put(entry, undefined);
          return;
        case 'members':
          for (const [key, member] of piece[1]) put(member, key);
          return;
        case 'open': {
          const container: Container = piece[1] === 'list' ? [] : {};
          put(container, piece[2]);
          open.push(container);
          return;
        }
        case 'close':
          open.pop();
      }
    },
    value: () => root,
  };
}

/** Sets a member, also one with the name __proto__. */
function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, memberOf(value));
}

function memberOf(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: true, configurable: true };
}

/** The text that JSON.stringify would give, in parts. */
export function* jsonTexts(value: unknown): Generator<string, void> {
  const isFirst: boolean[] = [];
  const before = (key: string | undefined): string => {
    const comma = isFirst.at(-1) === false ? ',' : '';
    if (isFirst.length > 0) isFirst[isFirst.length - 1] = false;
    return key === undefined ? comma : `${comma}${JSON.stringify(key)}:`;
  };
  const closers: string[] = [];
  for (const piece of splitValue(value)) {
    switch (piece[0]) {
      case 'value':
        yield before(piece[2]) + JSON.stringify(piece[1] ?? null);
        break;
      case 'entries':
        yield before(undefined) + JSON.stringify(piece[1]).slice(1, -1);
        break;
      case 'members':
        yield before(undefined) + JSON.stringify(Object.fromEntries(piece[1])).slice(1, -1);
        break;
      case 'open':
        yield before(piece[2]) + (piece[1] === 'list' ? '[' : '{');
        isFirst.push(true);
        closers.push(piece[1] === 'list' ? ']' : '}');
        break;
      case 'close':
        isFirst.pop();
        yield closers.pop() ?? '';
    }
  }
}
