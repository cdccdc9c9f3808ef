/** Parses a long JSON text piece by piece, because JSON.parse itself cannot be interrupted. */
import { endOfString, endOfStringInParts, isClosing, isOpening, quote } from './json-scan.ts';

/** JSON.parse. @throws SyntaxError */
type Parse = (text: string) => unknown;

/** The characters that are parsed at once: at most 8,000 values, in some 5 ms. */
const usualPiece = 16_384;
/** The characters, and strings, that are passed over between two rests. */
const restAfter = 8192;

const comma = 44;
const colon = 58;

export interface PartsOptions {
  /** The characters that are parsed at once, unless they are one string. */
  readonly mostPiece?: number;
  /** A longer object keeps one member more than this, and no further ones: its reader refuses it. */
  readonly mostMembers?: number;
}

/**
 * Gives what JSON.parse gives, in one pass over the text, and rests after each piece.
 * @throws SyntaxError
 */
export function* parseTextInParts(
  text: string,
  parse: Parse,
  { mostPiece = usualPiece, mostMembers = Infinity }: PartsOptions = {},
): Generator<undefined, unknown> {
  const value = withoutBlanks(text);
  const isShort = value.length <= mostPiece || !isOpening(value.charCodeAt(0));
  if (isShort) return parse(value);
  const pieces = createPieces(value, parse, { mostPiece, mostMembers });
  for (let at = 0, steps = 1; at < value.length; at += 1, steps += 1) {
    if (steps % restAfter === 0) yield;
    const code = value.charCodeAt(at);
    if (code === quote) at = yield* endOfStringInParts(value, at);
    else if (code === comma) pieces.comma(at);
    else if (isOpening(code)) pieces.open(at);
    else if (isClosing(code)) pieces.close(at);
    else continue;
    while (pieces.takeOne(at)) yield;
  }
  return pieces.value();
}

/** A list or an object whose members are parsed in pieces. */
interface Growing {
  readonly members: Members;
  /** Where the text begins that is not parsed yet. */
  from: number;
  /** The last member was added by itself, so only a comma or the end may follow. */
  isAfterMember: boolean;
}

interface Pieces {
  open(at: number): void;
  comma(at: number): void;
  close(at: number): void;
  /** Parses a piece where too much text waits; false: there is none. */
  takeOne(at: number): boolean;
  /** @throws SyntaxError where the text does not end with the value */
  value(): unknown;
}

/** Keeps what is open at a place of the text; only the outermost of it grow in pieces. */
function createPieces(
  text: string,
  parse: Parse,
  { mostPiece, mostMembers }: Required<PartsOptions>,
): Pieces {
  const growing: Growing[] = [];
  const opened: number[] = [];
  /** For each opened bracket, where its last member begins. */
  const begun: number[] = [];
  let whole: { readonly value: unknown; readonly end: number } | undefined;

  const addPiece = (into: Growing, end: number, mayBeEmpty: boolean): void => {
    const piece = text.slice(into.from, end);
    const isBlank = withoutBlanks(piece) === '';
    if (into.isAfterMember || (mayBeEmpty && isBlank)) {
      if (!isBlank) throw new SyntaxError('a comma is missing');
    } else into.members.addPiece(piece, parse);
    into.isAfterMember = false;
  };
  const grow = (at: number): void => {
    const members = text[at] === '[' ? listMembers() : objectMembers(mostMembers);
    growing.push({ members, from: at + 1, isAfterMember: false });
  };
  return {
    open: (at) => {
      if (whole !== undefined || growing.at(-1)?.isAfterMember === true) throw tooMuch();
      opened.push(at);
      begun.push(at + 1);
      if (growing.length === 0) grow(at);
    },
    comma: (at) => {
      const last = growing.at(-1);
      if (opened.length === 0 || last === undefined) throw tooMuch();
      if (opened.length === growing.length && last.isAfterMember) {
        addPiece(last, at, false);
        last.from = at + 1;
      }
      begun[begun.length - 1] = at + 1;
    },
    close: (at) => {
      const start = opened.pop();
      const last = growing.at(-1);
      begun.pop();
      if (start === undefined || last === undefined) throw tooMuch();
      if (text[at] !== (text[start] === '[' ? ']' : '}')) throw tooMuch();
      if (opened.length >= growing.length) return;
      addPiece(last, at, last.from === start + 1);
      growing.pop();
      const around = growing.at(-1);
      if (around === undefined) whole = { value: last.members.value, end: at };
      else {
        around.members.addLast(last.members.value);
        around.from = at + 1;
        around.isAfterMember = true;
      }
    },
    takeOne: (at) => {
      const last = growing.at(-1);
      if (last === undefined || last.isAfterMember || at - last.from < mostPiece) return false;
      const memberStart = begun[growing.length - 1] ?? 0;
      if (memberStart > last.from) {
        addPiece(last, memberStart - 1, false);
        last.from = memberStart;
        return true;
      }
      const inner = opened[growing.length];
      if (inner === undefined) return false;
      last.members.begin(text.slice(last.from, inner), parse);
      grow(inner);
      return true;
    },
    value: () => {
      if (whole?.end !== text.length - 1) throw new SyntaxError('it does not end with its bracket');
      return whole.value;
    },
  };
}

interface Members {
  readonly value: unknown;
  /** Adds members that are parsed at once. */
  addPiece(piece: string, parse: Parse): void;
  /** Begins a member that grows. @param head the text before its value: its key */
  begin(head: string, parse: Parse): void;
  /** Adds the member that was begun. */
  addLast(member: unknown): void;
}

function listMembers(): Members {
  const value: unknown[] = [];
  return {
    value,
    addPiece: (piece, parse) => {
      const entries = parse(`[${piece}]`);
      if (!Array.isArray(entries) || entries.length === 0) throw nothingThere();
      for (const entry of entries) value.push(entry);
    },
    begin: (head) => {
      if (withoutBlanks(head) !== '') throw tooMuch();
    },
    addLast: (entry) => void value.push(entry),
  };
}

/**
 * @param most V8 takes 50 ms to list 150,000 members of one object, however few are needed, and cannot
 *   rest meanwhile
 */
function objectMembers(most: number): Members {
  const value: Record<string, unknown> = {};
  let begun = '';
  let count = 0;
  const add = (key: string, member: unknown): void => {
    if (!Object.hasOwn(value, key)) {
      if (count > most) return;
      count += 1;
    }
    if (key !== '__proto__') value[key] = member;
    else Object.defineProperty(value, key, { ...ordinary, value: member });
  };
  return {
    value,
    addPiece: (piece, parse) => {
      const members = Object.entries(Object(parse(`{${piece}}`)));
      if (members.length === 0) throw nothingThere();
      for (const [key, member] of members) add(key, member);
    },
    begin: (head, parse) => {
      const text = withoutBlanks(head);
      const end = endOfString(text, 0) + 1;
      const key = parse(text.slice(0, end));
      const behind = withoutBlanks(text.slice(end));
      if (typeof key !== 'string' || behind.length !== 1 || behind.charCodeAt(0) !== colon) {
        throw new SyntaxError('a member has no key');
      }
      begun = key;
    },
    addLast: (member) => add(begun, member),
  };
}

/** As an assignment makes a member, which it does not for the name __proto__. */
const ordinary = { writable: true, enumerable: true, configurable: true };

function tooMuch(): SyntaxError {
  return new SyntaxError('there is too much');
}

function nothingThere(): SyntaxError {
  return new SyntaxError('a member is missing');
}

/** Without the blanks of JSON at both ends; String.trim would take others as well. */
function withoutBlanks(text: string): string {
  const inner = text.trim();
  const start = text.indexOf(inner);
  const around = text.slice(0, start) + text.slice(start + inner.length);
  if (!/^[ \t\n\r]*$/.test(around)) throw new SyntaxError('a blank that JSON does not have');
  return inner;
}
