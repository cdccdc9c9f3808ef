/**
 * Reports for each container whether it has the settings of its profiles inside, and whether it
 * needs a restart for them.
 */
import { byText } from '../by-text.ts';
import { readNote } from './note.ts';
import {
  nestingPath,
  type ContainerId,
  type ObservedContainer,
  type ObservedInside,
  type LxdDaemon,
  type ObservedProfile,
} from './observed-lxd.ts';
import { bpffsPath } from './settings.ts';

type Lxd = Extract<LxdDaemon, { readonly state: 'there' }>;

export interface ContainerReport extends ContainerId {
  readonly running: boolean;
  readonly profiles: readonly string[];
  /** Our settings for the container. */
  readonly effects: readonly Effect[];
  /** It runs, and lacks some of them. */
  readonly needsRestart: boolean;
}

export interface Effect {
  /** A path in the container, or a config key. */
  readonly what: string;
  /**
   * Whether it is there inside; absent: the container does not run, or, with a reason, it is not
   * known.
   */
  readonly present?: boolean;
  /** Why it is missing, or why it is not known. */
  readonly why?: string;
}

/** Reports on the containers that get settings of ours, by project and name. */
export function reportContainers(lxd: Lxd): readonly ContainerReport[] {
  return lxd.containers
    .map((container) => reportContainer(container, lxd.profiles))
    .filter(({ effects }) => effects.length > 0)
    .toSorted((a, b) => byText(a.project, b.project) || byText(a.name, b.name));
}

function reportContainer(
  container: ObservedContainer,
  profiles: readonly ObservedProfile[],
): ContainerReport {
  const { project, name, inside } = container;
  const ours = oursOf(container, profiles);
  const effects = [
    ...Object.entries(container.devices)
      .filter(
        ([device, { type, path }]) =>
          type === 'disk' && (ours.devices.has(device) || path === bpffsPath),
      )
      .map(([, { path = '' }]) => mountEffect(path, inside)),
    ...Object.entries(container.config)
      .filter(([key]) => ours.keys.has(key))
      .map(([key, value]) => keyEffect(key, value, inside)),
  ];
  return {
    project,
    name,
    running: inside !== undefined,
    profiles: container.profiles,
    effects,
    needsRestart: effects.some(({ present }) => present === false),
  };
}

function oursOf(
  { profilesIn, profiles: used }: ObservedContainer,
  profiles: readonly ObservedProfile[],
): { readonly devices: ReadonlySet<string>; readonly keys: ReadonlySet<string> } {
  const notes = profiles
    .filter(({ project, name }) => project === profilesIn && used.includes(name))
    .map(readNote)
    .flatMap((read) => (read.ok && read.note !== undefined ? [read.note] : []));
  return {
    devices: new Set(notes.flatMap(({ devices }) => Object.keys(devices))),
    keys: new Set(notes.flatMap(({ config }) => Object.keys(config))),
  };
}

function mountEffect(path: string, inside: ObservedInside | undefined): Effect {
  if (inside === undefined) return { what: path };
  if (inside.mounts === undefined) return unseen(path);
  const mounts = inside.mounts.filter((mount) => mount.path === path);
  const present = path === bpffsPath ? mounts.at(-1)?.type === 'bpf' : mounts.length > 0;
  return judged(path, present, 'it is not mounted inside');
}

function keyEffect(key: string, value: string, inside: ObservedInside | undefined): Effect {
  if (inside === undefined) return { what: key };
  const found = foundValue(key, inside);
  if (found === undefined) return unseen(key);
  const isSame = found !== null && fieldsOf(found) === fieldsOf(value);
  return judged(key, isSame, `it is ${found ?? 'not there'} inside`);
}

/** The value in LXD's form; null: it is missing, undefined: it is not known. */
function foundValue(
  key: string,
  { privileged, mounts, sysctls }: ObservedInside,
): string | null | undefined {
  if (key === 'security.privileged') return privileged?.toString();
  if (key === 'security.nesting') {
    return mounts?.some(({ path }) => path === nestingPath).toString();
  }
  return sysctls[key.replace(/^linux\.sysctl\./, '')];
}

/** The parts of a value: the kernel separates them by tabs, people by spaces. */
function fieldsOf(value: string): string {
  return value.trim().split(/\s+/).join(' ');
}

function judged(what: string, present: boolean, why: string): Effect {
  return present ? { what, present } : { what, present, why };
}

/** A setting that could not be read: this is no reason to restart a container. */
function unseen(what: string): Effect {
  return { what, why: 'it cannot be read at the moment' };
}
