/** Which containers have, inside, what their profiles give them, and which need a restart for it. */
import { byText } from '../by-text.ts';
import { readNote } from './note.ts';
import type {
  ContainerId,
  ObservedContainer,
  ObservedInside,
  ObservedLxd,
  ObservedProfile,
} from './observed-host.ts';
import { bpffsPath } from './settings.ts';

type Lxd = Extract<ObservedLxd, { readonly state: 'there' }>;

export interface ContainerReport extends ContainerId {
  readonly running: boolean;
  readonly profiles: readonly string[];
  /** What it is to have, of ours. */
  readonly effects: readonly Effect[];
  /** It runs, and lacks some of it. */
  readonly needsRestart: boolean;
}

export interface Effect {
  /** A path in the container, or a config key. */
  readonly what: string;
  /** Seen inside; absent: it does not run. */
  readonly present?: boolean;
  /** Why not. */
  readonly why?: string;
}

/** Containers that get something of ours, by project and name. */
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
    .map(({ content }) => readNote(content.config))
    .flatMap((read) => (read.ok && read.note !== undefined ? [read.note] : []));
  return {
    devices: new Set(notes.flatMap(({ devices }) => devices)),
    keys: new Set(notes.flatMap(({ config }) => Object.keys(config))),
  };
}

function mountEffect(path: string, inside: ObservedInside | undefined): Effect {
  if (inside === undefined) return { what: path };
  const mounts = inside.mounts.filter((mount) => mount.path === path);
  const present = path === bpffsPath ? mounts.at(-1)?.type === 'bpf' : mounts.length > 0;
  return judged(path, present, 'it is not mounted inside');
}

function keyEffect(key: string, value: string, inside: ObservedInside | undefined): Effect {
  if (inside === undefined) return { what: key };
  const found = foundValue(key, inside);
  return judged(key, found === value.trim(), `it is ${found} inside`);
}

/** As LXD writes it. LXC mounts a second /proc below /dev/.lxc for containers that may nest. */
function foundValue(key: string, { privileged, mounts, sysctls }: ObservedInside): string {
  if (key === 'security.privileged') return String(privileged);
  if (key === 'security.nesting') {
    return String(mounts.some(({ path }) => path === '/dev/.lxc/proc'));
  }
  return sysctls[key.replace(/^linux\.sysctl\./, '')] ?? 'not there';
}

function judged(what: string, present: boolean, why: string): Effect {
  return present ? { what, present } : { what, present, why };
}
