/** The `lxd:` section of a native NetworkConfig, for hosts of LXD containers. */
import type { Place } from '../issue.ts';

export interface LxdSettings {
  readonly project: string;
  /** Profiles by name. */
  readonly profiles: readonly PlacedName[];
  /** Patterns of container names, where * is any text: the profiles of those that match. */
  readonly profilesOf: readonly PlacedName[];
  /** The host's BPF file system has to be mounted, because one of the devices uses it. */
  readonly bpffs: boolean;
  readonly devices: readonly LxdDevice[];
  readonly kernelModules: readonly PlacedName[];
  /** Config keys of the profile with their values: linux.sysctl.… and security.…. */
  readonly config: readonly LxdConfigKey[];
  readonly restart: RestartPolicy;
  readonly place: Place;
}

/** A name with its place in the text. */
interface PlacedName {
  readonly value: string;
  readonly place: Place;
}

export interface LxdDevice {
  readonly name: string;
  /** The properties in LXD's form: type, source, path, readonly. */
  readonly properties: Properties;
  readonly place: Place;
}

export interface LxdConfigKey {
  readonly key: string;
  readonly value: string;
  readonly place: Place;
}

/** LXD knows texts only: "true", "1". */
export type Properties = Readonly<Record<string, string>>;

export interface RestartPolicy {
  readonly policy: 'never' | 'manual' | 'rolling';
  readonly parallel: number;
  readonly timeoutSeconds: number;
  readonly window?: RestartWindow;
}

/** A window by the host's clock; if `to` is not after `from`, it ends on the next day. */
export interface RestartWindow {
  /** Minutes of the day. */
  readonly from: number;
  readonly to: number;
  /** The days on which it begins; 0 is Sunday. */
  readonly days: readonly number[];
}

/** Charmed Kubernetes' documented device [ubuntu.com/kubernetes/docs/cni-overview]. */
export const bpffsPath = '/sys/fs/bpf';
export const bpffsDevice = {
  name: 'sysfsbpf',
  properties: { type: 'disk', source: bpffsPath, path: bpffsPath },
} as const;

export const defaultRestart: RestartPolicy = {
  policy: 'never',
  parallel: 1,
  timeoutSeconds: 120,
};
