/**
 * The note in a profile about our settings there, so that exactly these can be removed, also by
 * another agent, or after this one has lost its state.
 */
import type { ObservedProfile } from './observed-lxd.ts';
import type { Properties } from './settings.ts';
import { jsonBounds } from '../input/bounds.ts';
import { jsonValue } from '../input/parse-json.ts';

/** LXD allows any keys below `user.`. */
export const noteKey = 'user.calico-agent';

export interface ProfileNote {
  /**
   * The devices by name, as we set them. A device that somebody changed since is not ours to
   * remove.
   */
  readonly devices: Readonly<Record<string, Properties>>;
  /** Added to linux.kernel_modules. */
  readonly kernelModules: readonly string[];
  readonly config: Readonly<Record<string, NotedKey>>;
}

export interface NotedKey {
  readonly set: string;
  /** The previous value; null: there was none. */
  readonly before: string | null;
}

export const emptyNote: ProfileNote = { devices: {}, kernelModules: [], config: {} };

export type ReadNote =
  | {
      readonly ok: true;
      readonly note: ProfileNote | undefined;
      /**
       * It is the note of another profile, of which this one is a copy, so nothing here is ours.
       */
      readonly isOfAnother?: true;
    }
  | { readonly ok: false; readonly why: string };

const formatVersion = 1;

/** `note` is undefined if the profile has no note of its own, so that nothing is ours. */
export function readNote({ project, name, content }: ObservedProfile): ReadNote {
  const text = content.config[noteKey];
  if (text === undefined) return { ok: true, note: undefined };
  const data = jsonValue(text, jsonBounds.annotation);
  const version = fieldOf(data, 'formatVersion');
  if (typeof version === 'number' && version > formatVersion) {
    return { ok: false, why: 'a newer version of calico-agent wrote it' };
  }
  const devices = fieldOf(data, 'devices');
  const kernelModules = fieldOf(data, 'kernelModules');
  const config = fieldOf(data, 'config');
  const isKnown = version === formatVersion && isRecord(devices, isProperties);
  if (!isKnown || !isTexts(kernelModules) || !isRecord(config, isNotedKey)) {
    return { ok: false, why: 'somebody edited it' };
  }
  const isOwn = fieldOf(data, 'project') === project && fieldOf(data, 'profile') === name;
  if (!isOwn) return { ok: true, note: undefined, isOfAnother: true };
  return { ok: true, note: { devices, kernelModules, config } };
}

/** The text of the key; undefined: nothing is ours, and the key is removed. */
export function noteText(
  { project, name: profile }: Pick<ObservedProfile, 'project' | 'name'>,
  { devices, kernelModules, config }: ProfileNote,
): string | undefined {
  const count = Object.keys(devices).length + kernelModules.length + Object.keys(config).length;
  if (count === 0) return undefined;
  return JSON.stringify({ formatVersion, project, profile, devices, kernelModules, config });
}

function fieldOf(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isRecord<V>(
  value: unknown,
  isValue: (item: unknown) => item is V,
): value is Readonly<Record<string, V>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(isValue)
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isProperties(value: unknown): value is Properties {
  return isRecord(value, isText);
}

function isNotedKey(value: unknown): value is NotedKey {
  const before = fieldOf(value, 'before');
  return isText(fieldOf(value, 'set')) && (before === null || isText(before));
}
