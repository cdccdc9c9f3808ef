/**
 * A profile with exactly our devices, kernel modules and config keys in it. Everything else stays;
 * asked for nothing, it is byte for byte as it was before us.
 */
import { byText } from '../by-text.ts';
import { emptyNote, noteKey, noteText, type ProfileNote } from './note.ts';
import type { ProfileContent } from './observed-host.ts';
import type { LxdSettings, Properties } from './settings.ts';

export type Asked = Pick<LxdSettings, 'devices' | 'kernelModules' | 'config'>;

export const nothingAsked: Asked = { devices: [], kernelModules: [], config: [] };

export const modulesKey = 'linux.kernel_modules';

export interface MergedProfile {
  readonly content: ProfileContent;
  readonly conflicts: readonly DeviceConflict[];
}

/** A person's device has the name or the path of ours, and is another one. */
export interface DeviceConflict {
  readonly wanted: Asked['devices'][number];
  readonly found: string;
}

export function mergeProfile(
  before: ProfileContent,
  asked: Asked,
  note: ProfileNote = emptyNote,
): MergedProfile {
  const devices = mergeDevices(before.devices, asked, note);
  const modules = mergeModules(before.config[modulesKey], asked, note);
  const keys = mergeKeys(before.config, asked, note);
  const text = noteText({
    devices: devices.ours,
    kernelModules: modules.ours,
    config: keys.ours,
  });
  const config = withText(withText(keys.config, modulesKey, modules.text), noteKey, text);
  return {
    content: { ...before, config, devices: devices.devices },
    conflicts: devices.conflicts,
  };
}

interface MergedDevices {
  readonly devices: ProfileContent['devices'];
  readonly ours: readonly string[];
  readonly conflicts: readonly DeviceConflict[];
}

function mergeDevices(
  before: ProfileContent['devices'],
  asked: Asked,
  note: ProfileNote,
): MergedDevices {
  const others = Object.entries(before).filter(([name]) => !note.devices.includes(name));
  const added: [string, Properties][] = [];
  const conflicts: DeviceConflict[] = [];
  for (const wanted of asked.devices) {
    const { name, properties } = wanted;
    const rival = others.find(
      ([other, { path }]) => other === name || (path !== undefined && path === properties['path']),
    );
    if (rival === undefined) added.push([name, properties]);
    else if (!isSame(rival[1], properties)) conflicts.push({ wanted, found: rival[0] });
  }
  return {
    devices: Object.fromEntries([...others, ...added]),
    ours: added.map(([name]) => name).toSorted(byText),
    conflicts,
  };
}

interface MergedModules {
  readonly text: string | undefined;
  readonly ours: readonly string[];
}

/** A list with commas, as a person wrote it: what is not ours keeps its place and its spaces. */
function mergeModules(text: string | undefined, asked: Asked, note: ProfileNote): MergedModules {
  const wanted = new Set(asked.kernelModules.map(({ value }) => value));
  const items = text === undefined ? [] : text.split(',');
  const isGoing = (item: string): boolean =>
    note.kernelModules.includes(item.trim()) && !wanted.has(item.trim());
  const kept = items.filter((item) => !isGoing(item));
  const names = new Set(kept.map((item) => item.trim()));
  const added = [...wanted].filter((name) => !names.has(name));
  const ours = [...wanted].filter(
    (name) => added.includes(name) || note.kernelModules.includes(name),
  );
  const all = [...kept, ...added];
  return { text: all.length === 0 ? undefined : all.join(','), ours: ours.toSorted(byText) };
}

interface MergedKeys {
  readonly config: Properties;
  readonly ours: ProfileNote['config'];
}

function mergeKeys(before: Properties, asked: Asked, note: ProfileNote): MergedKeys {
  const wanted = new Map(asked.config.map(({ key, value }) => [key, value]));
  let config = before;
  const ours: [string, string | null][] = [];
  for (const [key, original] of Object.entries(note.config)) {
    if (!wanted.has(key)) config = withText(config, key, original ?? undefined);
  }
  for (const [key, value] of wanted) {
    const original = note.config[key];
    if (original === undefined && before[key] === value) continue;
    ours.push([key, original === undefined ? (before[key] ?? null) : original]);
    config = withText(config, key, value);
  }
  return { config, ours: Object.fromEntries(ours.toSorted(([a], [b]) => byText(a, b))) };
}

function withText(config: Properties, key: string, text: string | undefined): Properties {
  const { [key]: _old, ...rest } = config;
  return text === undefined ? rest : { ...config, [key]: text };
}

export function isSame(one: Properties, other: Properties): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
