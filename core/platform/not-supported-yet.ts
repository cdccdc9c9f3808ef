/** A setting that the document may have, and no code carries out: refused, never ignored. */
import { issueAt } from '../findings.ts';
import type { Issue, Place } from '../issue.ts';

/** @param settings values with their places, by name; others are left out */
export function notSupportedYet(section: string, settings: object): readonly Issue[] {
  return Object.entries(settings).flatMap(([name, value]: [string, unknown]) => {
    const place = placeOf(value);
    if (place === undefined) return [];
    const message = `${section}.${name} is not supported yet`;
    return [issueAt(place, 'error', 'platform-setting-unsupported', message, 'leave it out')];
  });
}

function placeOf(value: unknown): Place | undefined {
  if (typeof value !== 'object' || value === null || !('place' in value)) return undefined;
  const { place } = value;
  return isPlace(place) ? place : undefined;
}

function isPlace(value: unknown): value is Place {
  return typeof value === 'object' && value !== null && 'pointer' in value;
}
