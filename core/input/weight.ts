/** How much memory plain data takes, about: enough to end a reading before it ends the daemon. */
import { isMap } from './plain-data.ts';

/** Bytes of a member of an object or list beside its text: 35 to 65 were measured in V8. */
const memberBytes = 32;

export interface Weight {
  /** Members of objects and lists, at any depth. */
  readonly members: number;
  readonly bytes: number;
}

/**
 * Weighs data with other data that was made of it, as a resource of an object: the texts are in both,
 * and count once.
 */
export function* weighSharing(
  data: unknown,
  sharing: unknown,
  most: number,
): Generator<undefined, Weight> {
  const whole = yield* weighInParts(data, most);
  const { members } = yield* weighInParts(sharing, most);
  return { members: whole.members, bytes: whole.bytes + memberBytes * members };
}

/** In V8: two for each character where one of them is not of Latin-1. */
export function bytesOf(text: string): number {
  return isWide.test(text) ? 2 * text.length : text.length;
}

const isWide = /[^\u0000-\u00ff]/;

/** Values that are counted between two rests. */
const restAfter = 2000;

/** @param most members after which counting ends */
export function weightOf(data: unknown, most: number): Weight {
  const weighing = weighInParts(data, most);
  let step = weighing.next();
  while (step.done !== true) step = weighing.next();
  return step.value;
}

/** As weightOf, with a rest after each part: counting takes a microsecond for each member. */
export function* weighInParts(data: unknown, most: number): Generator<undefined, Weight> {
  let members = 0;
  let characters = 0;
  const left: unknown[] = [data];
  for (let steps = 1; left.length > 0 && members <= most; steps += 1) {
    if (steps % restAfter === 0) yield;
    const value = left.pop();
    if (typeof value === 'string') characters += bytesOf(value);
    else if (Array.isArray(value)) {
      members += value.length;
      if (members <= most) for (const one of value) left.push(one);
    } else if (isMap(value)) {
      // Not by Object.values, which takes 100 ms for 150,000 members, however few are counted.
      for (const key in value) {
        members += 1;
        if (members > most) break;
        characters += key.length;
        left.push(value[key]);
      }
    }
  }
  return { members, bytes: characters + memberBytes * members };
}
