/** Reads LXD's objects. Never guesses a part that it cannot read. */
import { isMap, textAt, type PlainMap } from '../../../core/input/plain-data.ts';
import type {
  ObservedContainer,
  ObservedProject,
  ProfileContent,
} from '../../../core/lxd/observed-lxd.ts';
import type { Properties } from '../../../core/lxd/settings.ts';
import { AppError } from '../../../runtime/errors.ts';

/** @throws AppError unexpected-answer */
export function mapsOf(metadata: unknown): readonly PlainMap[] {
  if (Array.isArray(metadata) && metadata.every(isMap)) return metadata;
  throw unexpected('a list of objects');
}

export function nameOf(object: PlainMap): string {
  const name = textAt(object, 'name');
  if (name !== undefined) return name;
  throw unexpected('an object with a name');
}

export function projectOf(object: PlainMap): ObservedProject {
  const name = nameOf(object);
  const config = textsOf(object['config'] ?? {});
  return { name, profilesIn: config['features.profiles'] === 'true' ? name : 'default' };
}

export function contentOf(profile: PlainMap): ProfileContent {
  return {
    description: textAt(profile, 'description') ?? '',
    config: textsOf(profile['config'] ?? {}),
    devices: devicesOf(profile['devices'] ?? {}),
  };
}

/** A container with its state; undefined: a virtual machine. */
export interface ReadContainer {
  readonly container: Omit<ObservedContainer, 'inside'>;
  /** The host's pid of the container's init, if it runs. */
  readonly pid?: number;
  readonly networkUp: boolean;
}

export function containerOf(
  instance: PlainMap,
  { name: project, profilesIn }: ObservedProject,
  state: unknown,
): ReadContainer | undefined {
  if (textAt(instance, 'type') === 'virtual-machine') return undefined;
  const profiles = instance['profiles'] ?? [];
  if (!Array.isArray(profiles)) throw unexpected('profiles as a list');
  const pid = isMap(state) ? state['pid'] : undefined;
  return {
    container: {
      project,
      name: nameOf(instance),
      profilesIn,
      profiles: profiles.map(String),
      config: textsOf(instance['expanded_config'] ?? {}),
      devices: devicesOf(instance['expanded_devices'] ?? {}),
    },
    ...(typeof pid === 'number' && pid > 0 && { pid }),
    networkUp: isMap(state) && isNetworkUp(state['network']),
  };
}

function isNetworkUp(network: unknown): boolean {
  if (!isMap(network)) return false;
  return Object.entries(network).some(
    ([name, link]) =>
      name !== 'lo' && isMap(link) && link['state'] === 'up' && hasAddress(link['addresses']),
  );
}

function hasAddress(addresses: unknown): boolean {
  return (
    Array.isArray(addresses) &&
    addresses.some((address) => isMap(address) && address['scope'] === 'global')
  );
}

function devicesOf(value: unknown): Readonly<Record<string, Properties>> {
  if (!isMap(value)) throw unexpected('devices');
  return Object.fromEntries(
    Object.entries(value).map(([name, properties]) => [name, textsOf(properties)]),
  );
}

function textsOf(value: unknown): Properties {
  if (!isMap(value)) throw unexpected('an object of texts');
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text === 'string') return [key, text];
      throw unexpected('an object of texts');
    }),
  );
}

function unexpected(expected: string): AppError {
  const message = `cannot read LXD's answer: it is not ${expected}`;
  return new AppError('unexpected-answer', message, { retryable: true });
}
