/**
 * What of a profile is ours, noted in the profile itself: so that exactly that can be taken away,
 * also by another agent, or after this one has lost its state.
 */
import type { Properties } from './settings.ts';

/** LXD lets people have any keys of their own below `user.`. */
export const noteKey = 'user.calico-agent';

export interface ProfileNote {
  /** Names of devices. */
  readonly devices: readonly string[];
  /** Added to linux.kernel_modules. */
  readonly kernelModules: readonly string[];
  /** Config keys that we set → the value before, null: there was none. */
  readonly config: Readonly<Record<string, string | null>>;
}

export const emptyNote: ProfileNote = { devices: [], kernelModules: [], config: {} };

export type ReadNote =
  | { readonly ok: true; readonly note: ProfileNote | undefined }
  | { readonly ok: false; readonly why: string };

const formatVersion = 1;

/** `note` is undefined where the profile has none: nothing of it is ours. */
export function readNote(config: Properties): ReadNote {
  const text = config[noteKey];
  if (text === undefined) return { ok: true, note: undefined };
  const data = parseJson(text);
  const version = fieldOf(data, 'formatVersion');
  if (typeof version === 'number' && version > formatVersion) {
    return { ok: false, why: 'a newer version of calico-agent wrote it' };
  }
  const devices = fieldOf(data, 'devices');
  const kernelModules = fieldOf(data, 'kernelModules');
  const before = fieldOf(data, 'config');
  const isKnown = version === formatVersion && isTexts(devices) && isTexts(kernelModules);
  if (!isKnown || !isBefore(before)) return { ok: false, why: 'somebody edited it' };
  return { ok: true, note: { devices, kernelModules, config: before } };
}

/** undefined: nothing is ours, and the key goes. */
export function noteText(note: ProfileNote): string | undefined {
  const { devices, kernelModules, config } = note;
  if (devices.length + kernelModules.length + Object.keys(config).length === 0) return undefined;
  return JSON.stringify({ formatVersion, devices, kernelModules, config });
}

function parseJson(text: string): unknown {
  try {
    const data: unknown = JSON.parse(text);
    return data;
  } catch {
    return undefined;
  }
}

function fieldOf(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isBefore(value: unknown): value is ProfileNote['config'] {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => item === null || typeof item === 'string')
  );
}
