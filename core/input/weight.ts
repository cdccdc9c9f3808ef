/** How much memory plain data takes, about: enough to end a reading before it ends the daemon. */
import { isMap } from './plain-data.ts';

/** Bytes of a member of an object or list beside its text: 35 to 65 were measured in V8. */
const memberBytes = 32;

export interface Weight {
  /** Members of objects and lists, at any depth. */
  readonly members: number;
  readonly bytes: number;
}

/** In V8: two for each character where one of them is not of Latin-1. */
export function bytesOf(text: string): number {
  return isWide.test(text) ? 2 * text.length : text.length;
}

const isWide = /[^\u0000-\u00ff]/;

/** @param most members after which counting ends, as it takes a microsecond for each */
export function weightOf(data: unknown, most: number): Weight {
  let members = 0;
  let characters = 0;
  const count = (value: unknown): void => {
    if (typeof value === 'string') characters += bytesOf(value);
    else if (Array.isArray(value)) countAll(value);
    else if (isMap(value)) {
      for (const key in value) characters += key.length;
      countAll(Object.values(value));
    }
  };
  const countAll = (values: readonly unknown[]): void => {
    members += values.length;
    if (members > most) return;
    for (const one of values) count(one);
  };
  count(data);
  return { members, bytes: characters + memberBytes * members };
}
