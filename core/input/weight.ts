/** How much memory plain data takes, about: enough to end a reading before it ends the daemon. */
import { isMap } from './plain-data.ts';

/** Bytes of a member of an object or list beside its text, where many objects have the same names. */
const memberBytes = 32;
/** The most members of a usual mapping in an object of Calico. */
const usualNames = 8;
/** The most mappings in a usual object of Calico: metadata, labels, annotations, spec and what is in it. */
const usualMappings = 8;

/**
 * Further bytes of each member of a mapping beyond its eighth, and of each mapping of an object beyond its
 * eighth, in data whose names a stranger may choose, as labels. Measured in V8 for each label, with its text: 130 to 150 bytes in mappings of up to
 * 1,000 labels whose names no other object has, because V8 keeps a description of each such
 * mapping; 42 to 66 in larger ones.
 */
export const freeNameBytes = 128;
/**
 * The part of it for each of the first eight members of a mapping beyond the usual number of mappings.
 * Measured for mappings within one `spec`, whose names no other mapping has: 110 bytes for each of them,
 * and 64 to 72 for each member, of which 32 are counted for every member.
 */
const partOfNested = 1 / 4;

export interface Weight {
  /** Members of objects and lists, at any depth. */
  readonly members: number;
  readonly bytes: number;
}

interface Counts {
  readonly members: number;
  /** How many times the further bytes count, for names and mappings beyond the usual number. */
  readonly further: number;
  readonly textBytes: number;
}

/**
 * Weighs data with other data that was made of it, as a resource of an object: the texts are in both,
 * and count once. A stranger may choose the names.
 */
export function* weighSharing(
  data: unknown,
  sharing: unknown,
  most: number,
): Generator<undefined, Weight> {
  const whole = yield* countInParts(data, most);
  const second = yield* countInParts(sharing, most);
  const bytes = whole.textBytes + frameBytes(whole, freeNameBytes);
  return { members: whole.members, bytes: bytes + frameBytes(second, freeNameBytes) };
}

/** The bytes beside the texts. */
function frameBytes({ members, further }: Counts, furtherBytes: number): number {
  return memberBytes * members + furtherBytes * further;
}

/** In V8: two for each character where one of them is not of Latin-1. */
export function bytesOf(text: string): number {
  return isWide.test(text) ? 2 * text.length : text.length;
}

const isWide = /[^\u0000-\u00ff]/;

/** Values that are counted between two rests. */
const restAfter = 2000;

/**
 * @param most members after which counting ends
 * @param furtherBytes freeNameBytes where a stranger may choose the names
 */
export function weightOf(data: unknown, most: number, furtherBytes = 0): Weight {
  const weighing = weighInParts(data, most, furtherBytes);
  let step = weighing.next();
  while (step.done !== true) step = weighing.next();
  return step.value;
}

/** As weightOf, with a rest after each part: counting takes a microsecond for each member. */
export function* weighInParts(
  data: unknown,
  most: number,
  furtherBytes = 0,
): Generator<undefined, Weight> {
  const counts = yield* countInParts(data, most);
  const { members, textBytes } = counts;
  return { members, bytes: textBytes + frameBytes(counts, furtherBytes) };
}

function* countInParts(data: unknown, most: number): Generator<undefined, Counts> {
  let members = 0;
  let further = 0;
  let mappings = 0;
  let textBytes = 0;
  const left: unknown[] = [data];
  for (let steps = 1; left.length > 0 && members <= most; steps += 1) {
    if (steps % restAfter === 0) yield;
    const value = left.pop();
    if (typeof value === 'string') textBytes += bytesOf(value);
    else if (Array.isArray(value)) {
      members += value.length;
      if (members <= most) for (const one of value) left.push(one);
    } else if (isMap(value)) {
      const before = members;
      // Not by Object.values, which takes 100 ms for 150,000 members, however few are counted.
      for (const key in value) {
        members += 1;
        if (members > most) break;
        textBytes += key.length;
        left.push(value[key]);
      }
      mappings += 1;
      further += furtherOf(members - before, mappings > usualMappings);
    }
  }
  return { members, further, textBytes };
}

/** How many times the further bytes count for a mapping with so many members. */
function furtherOf(members: number, isBeyondUsual: boolean): number {
  const beyond = Math.max(0, members - usualNames);
  return isBeyondUsual ? beyond + 1 + partOfNested * Math.min(members, usualNames) : beyond;
}
