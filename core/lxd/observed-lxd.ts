/** What was observed of an LXD host. Pure data. */
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
  /** No socket of it on this machine; `why` says where the agent searched. */
  | { readonly state: 'absent'; readonly why: string };

export interface ObservedProject {
  readonly name: string;
  /** The project whose profiles its containers use: itself, or default (features.profiles). */
  readonly profilesIn: string;
}

/** What a PUT of a profile replaces as a whole. */
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
  /** Of the project where its profiles are. */
  readonly profilesIn: string;
  /** A later one overrules those before. */
  readonly profiles: readonly string[];
  /** What its profiles and its own settings come to. */
  readonly config: Properties;
  readonly devices: Readonly<Record<string, Properties>>;
  /** As it is inside; absent: it does not run. */
  readonly inside?: ObservedInside;
}

export interface ObservedInside {
  /** The host's pid of its init. */
  readonly pid: number;
  /** On the paths that its devices have, and where LXC has its own; absent: they cannot be read. */
  readonly mounts?: readonly ObservedMount[];
  /** Its root is the host's; absent: it cannot be read. */
  readonly privileged?: boolean;
  /** Of the names that its config sets; null: it has no such one, not named: it cannot be read. */
  readonly sysctls: Readonly<Record<string, string | null>>;
  /** A network interface beside lo is up and has an address. */
  readonly networkUp: boolean;
}

/** Where LXC mounts a second /proc for containers that may nest. */
export const nestingPath = '/dev/.lxc/proc';

export interface ObservedMount {
  readonly path: string;
  readonly type: string;
}
