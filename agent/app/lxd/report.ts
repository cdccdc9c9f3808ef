/** The report on LXD of this machine, for people and scripts. */
import { isDeepStrictEqual } from 'node:util';
import { reportContainers, type ContainerReport } from '../../../core/lxd/container-report.ts';

import { readNote, type ProfileNote } from '../../../core/lxd/note.ts';
import type { ContainerId, ObservedLxd, ObservedProfile } from '../../../core/lxd/observed-lxd.ts';
import type { RestartPolicy } from '../../../core/lxd/settings.ts';
import { nameSome } from '../../../core/name-some.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { StoredAgentState } from '../../../schemas/generated/agent-state.ts';

type StoredRestarts = NonNullable<StoredAgentState['containerRestarts']>;

/** The container at which restarting stopped, and why. */
export type HaltedRestart = Readonly<NonNullable<StoredRestarts['halted']>>;

/** LXD as observed; an agent adds its way of restarting containers. */
export type LxdReport = DescribedLxd & {
  readonly bpffsMounted: boolean;
  readonly restart?: {
    readonly policy: RestartPolicy['policy'];
    /** No container is restarted until a person restarts one, or another revision is in force. */
    readonly halted?: HaltedRestart;
  };
};

export type DescribedLxd =
  | {
      readonly state: 'there';
      readonly server: string;
      readonly version: string;
      readonly profiles: readonly OwnedProfile[];
      readonly containers: readonly ContainerReport[];
    }
  | { readonly state: 'absent'; readonly why: string };

export interface OwnedProfile extends ContainerId {
  /** Devices and config keys that calico-agent set; kernel modules as linux.kernel_modules. */
  readonly ours: readonly string[];
  /** Those of them that somebody took away or changed since. */
  readonly drifted: readonly string[];
}

export function describeLxd(daemon: ObservedLxd['daemon']): DescribedLxd {
  if (daemon.state === 'absent') return daemon;
  const { state, server, version } = daemon;
  const profiles = daemon.profiles.map(ownedProfile).filter(({ ours }) => ours.length > 0);
  return { state, server, version, profiles, containers: reportContainers(daemon) };
}

function ownedProfile(profile: ObservedProfile): OwnedProfile {
  const { project, name } = profile;
  const read = readNote(profile);
  const found = read.ok ? read.note : undefined;
  const seen = found === undefined ? [] : compareWithNote(found, profile.content);
  const drifted = seen.filter(({ isThere }) => !isThere);
  return { project, name, ours: seen.map(nameOfOurs), drifted: drifted.map(nameOfOurs) };
}

interface SeenOfOurs {
  readonly what: string;
  /** It still is as calico-agent set it. */
  readonly isThere: boolean;
}

function nameOfOurs({ what }: SeenOfOurs): string {
  return what;
}

/** Compares our settings as the note records them with the profile as it is. */
function compareWithNote(
  { devices, kernelModules, config }: ProfileNote,
  content: ObservedProfile['content'],
): readonly SeenOfOurs[] {
  const listed = (content.config[kernelModulesKey] ?? '').split(',');
  const modules = new Set(listed.map((one) => one.trim()));
  return [
    ...Object.entries(devices).map(([what, set]) => ({
      what,
      isThere: isDeepStrictEqual({ ...content.devices[what] }, { ...set }),
    })),
    ...(kernelModules.length === 0
      ? []
      : [{ what: kernelModulesKey, isThere: kernelModules.every((one) => modules.has(one)) }]),
    ...Object.entries(config).map(([what, { set }]) => ({
      what,
      isThere: content.config[what] === set,
    })),
  ];
}

const kernelModulesKey = 'linux.kernel_modules';

/** @param names an empty list: those that need a restart. @throws AppError not-found */
export function chooseContainers(
  daemon: ObservedLxd['daemon'],
  names: readonly string[],
  project: string,
): readonly ContainerId[] {
  if (daemon.state === 'absent') throw new AppError('not-found', `there is no LXD: ${daemon.why}`);
  if (names.length === 0) {
    return reportContainers(daemon)
      .filter(({ needsRestart }) => needsRestart)
      .map(({ project: of, name }) => ({ project: of, name }));
  }
  const known = new Set(
    daemon.containers.filter((one) => one.project === project).map(({ name }) => name),
  );
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length === 0) return [...new Set(names)].map((name) => ({ project, name }));
  const message = `cannot restart: LXD's project "${project}" has no container ${nameSome(unknown)}`;
  throw new AppError('not-found', message);
}
