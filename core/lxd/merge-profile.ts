/**
 * Merges our devices, kernel modules and config keys into a profile, and removes our old ones.
 * Everything else stays; without any of ours, the profile is byte for byte as it was before.
 */
import { byText } from '../by-text.ts';
import { emptyNote, noteKey, noteText, type NotedKey, type ProfileNote } from './note.ts';
import type { ObservedProfile, ProfileContent } from './observed-lxd.ts';
import type { LxdSettings, Properties } from './settings.ts';

export type Asked = Pick<LxdSettings, 'devices' | 'kernelModules' | 'config'>;

export const nothingAsked: Asked = { devices: [], kernelModules: [], config: [] };

export const modulesKey = 'linux.kernel_modules';

export interface MergedProfile {
  readonly content: ProfileContent;
  readonly conflicts: readonly DeviceConflict[];
  /** Our earlier values that are not desired any more and stay, because somebody changed them. */
  readonly left: readonly string[];
}

/** A person's device with the name or the path of ours. */
export interface DeviceConflict {
  readonly desired: Asked['devices'][number];
  readonly found: string;
}

export function mergeProfile(
  profile: ObservedProfile,
  asked: Asked,
  note: ProfileNote = emptyNote,
): MergedProfile {
  const before = profile.content;
  const devices = mergeDevices(before.devices, asked, note);
  const modules = mergeModules(before.config[modulesKey], asked, note);
  const keys = mergeKeys(before.config, asked, note);
  const text = noteText(profile, {
    devices: devices.ours,
    kernelModules: modules.ours,
    config: keys.ours,
  });
  const config = withText(withText(keys.config, modulesKey, modules.text), noteKey, text);
  return {
    content: { ...before, config, devices: devices.devices },
    conflicts: devices.conflicts,
    left: [...devices.left, ...keys.left],
  };
}

/** The desired settings that are in the note already, with their noted values. */
export function onlyNoted(asked: Asked, note: ProfileNote = emptyNote): Asked {
  return {
    devices: asked.devices.flatMap((one) => {
      const properties = note.devices[one.name];
      return properties === undefined ? [] : [{ ...one, properties }];
    }),
    kernelModules: asked.kernelModules.filter(({ value }) => note.kernelModules.includes(value)),
    config: asked.config.flatMap((one) => {
      const noted = note.config[one.key];
      return noted === undefined ? [] : [{ ...one, value: noted.set }];
    }),
  };
}

interface MergedDevices {
  readonly devices: ProfileContent['devices'];
  readonly ours: ProfileNote['devices'];
  readonly conflicts: readonly DeviceConflict[];
  readonly left: readonly string[];
}

function mergeDevices(
  before: ProfileContent['devices'],
  asked: Asked,
  note: ProfileNote,
): MergedDevices {
  const wantedNames = new Set(asked.devices.map(({ name }) => name));
  const changed = Object.entries(note.devices).filter(
    ([name, set]) => !wantedNames.has(name) && !isSame(before[name] ?? set, set),
  );
  const left = new Set(changed.map(([name]) => name));
  const others = Object.entries(before).filter(
    ([name]) => note.devices[name] === undefined || left.has(name),
  );
  const added: [string, Properties][] = [];
  const conflicts: DeviceConflict[] = [];
  for (const desired of asked.devices) {
    const { name, properties } = desired;
    const rival = others.find(
      ([other, { path }]) => other === name || (path !== undefined && path === properties['path']),
    );
    if (rival === undefined) added.push([name, properties]);
    else if (!isSame(rival[1], properties)) conflicts.push({ desired, found: rival[0] });
  }
  return {
    devices: Object.fromEntries([...others, ...added]),
    ours: Object.fromEntries(added.toSorted(([a], [b]) => byText(a, b))),
    conflicts,
    left: [...left].map((name) => `devices.${name}`),
  };
}

interface MergedModules {
  readonly text: string | undefined;
  readonly ours: readonly string[];
}

/** A list with commas: entries that are not ours keep their place and their spaces. */
function mergeModules(text: string | undefined, asked: Asked, note: ProfileNote): MergedModules {
  const desired = new Set(asked.kernelModules.map(({ value }) => value));
  const items = text === undefined ? [] : text.split(',');
  const isGoing = (item: string): boolean =>
    note.kernelModules.includes(item.trim()) && !desired.has(item.trim());
  const kept = items.filter((item) => !isGoing(item));
  const names = new Set(kept.map((item) => item.trim()));
  const added = [...desired].filter((name) => !names.has(name));
  const ours = [...desired].filter(
    (name) => added.includes(name) || note.kernelModules.includes(name),
  );
  const all = [...kept, ...added];
  return { text: all.length === 0 ? undefined : all.join(','), ours: ours.toSorted(byText) };
}

interface MergedKeys {
  readonly config: Properties;
  readonly ours: ProfileNote['config'];
  readonly left: readonly string[];
}

function mergeKeys(before: Properties, asked: Asked, note: ProfileNote): MergedKeys {
  const desired = new Map(asked.config.map(({ key, value }) => [key, value]));
  let config = before;
  const ours: [string, NotedKey][] = [];
  const left: string[] = [];
  for (const [key, noted] of Object.entries(note.config)) {
    if (desired.has(key)) continue;
    if (before[key] === noted.set) config = withText(config, key, noted.before ?? undefined);
    else left.push(`config.${key}`);
  }
  for (const [key, value] of desired) {
    const noted = note.config[key];
    if (noted === undefined && before[key] === value) continue;
    const original = noted === undefined ? (before[key] ?? null) : noted.before;
    ours.push([key, { set: value, before: original }]);
    config = withText(config, key, value);
  }
  return { config, ours: Object.fromEntries(ours.toSorted(([a], [b]) => byText(a, b))), left };
}

function withText(config: Properties, key: string, text: string | undefined): Properties {
  const { [key]: _old, ...rest } = config;
  return text === undefined ? rest : { ...config, [key]: text };
}

export function isSame(one: Properties, other: Properties): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
