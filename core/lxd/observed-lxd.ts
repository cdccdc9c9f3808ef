/** The observed state of an LXD host. Pure data. */
import type { Properties } from './settings.ts';

export interface ObservedLxd {
  readonly daemon: LxdDaemon;
  /** Whether the BPF file system is mounted on the host. */
  readonly bpffsMounted: boolean;
}

export type LxdDaemon =
  | {
      readonly state: 'there';
      /** lxd, or incus. */
      readonly server: string;
      readonly version: string;
      readonly projects: readonly ObservedProject[];
      readonly profiles: readonly ObservedProfile[];
      readonly containers: readonly ObservedContainer[];
    }
  /** There is no socket of LXD on this machine; `why` names the places. */
  | { readonly state: 'absent'; readonly why: string };

export interface ObservedProject {
  readonly name: string;
  /** The project whose profiles its containers use: itself, or default (features.profiles). */
  readonly profilesIn: string;
}

/** The part of a profile that a PUT replaces as a whole. */
export interface ProfileContent {
  readonly description: string;
  readonly config: Properties;
  readonly devices: Readonly<Record<string, Properties>>;
}

export interface ObservedProfile {
  readonly project: string;
  readonly name: string;
  readonly content: ProfileContent;
}

export interface ContainerId {
  readonly project: string;
  readonly name: string;
}

export interface ObservedContainer extends ContainerId {
  /** The project of its profiles. */
  readonly profilesIn: string;
  /** Its profiles; a later one wins over an earlier one. */
  readonly profiles: readonly string[];
  /** The result of its profiles and its own settings. */
  readonly config: Properties;
  readonly devices: Readonly<Record<string, Properties>>;
  /** The state inside; absent: it does not run. */
  readonly inside?: ObservedInside;
}

export interface ObservedInside {
  /** The host's pid of its init. */
  readonly pid: number;
  /**
   * The mounts on the paths of its devices, and on that of LXC itself; absent: they cannot be read.
   */
  readonly mounts?: readonly ObservedMount[];
  /** Whether its root is the host's root; absent: it cannot be read. */
  readonly privileged?: boolean;
  /** The sysctls that its config sets; null: it does not have it; missing: it cannot be read. */
  readonly sysctls: Readonly<Record<string, string | null>>;
  /** Whether a network interface besides lo is up and has an address. */
  readonly networkUp: boolean;
}

/** The path at which LXC mounts a second /proc for containers that may nest. */
export const nestingPath = '/dev/.lxc/proc';

export interface ObservedMount {
  readonly path: string;
  readonly type: string;
}
