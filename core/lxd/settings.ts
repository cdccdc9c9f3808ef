/** What the `lxd:` section of a native NetworkConfig asks of hosts of LXD containers. */
import type { Place } from '../issue.ts';

export interface LxdSettings {
  readonly project: string;
  /** By name. */
  readonly profiles: readonly PlacedName[];
  /** Patterns of container names, where * is any text: the profiles of those that match. */
  readonly profilesOf: readonly PlacedName[];
  /** The host's BPF file system has to be mounted: one of the devices shows it. */
  readonly bpffs: boolean;
  readonly devices: readonly LxdDevice[];
  readonly kernelModules: readonly PlacedName[];
  /** Config keys of the profile with their values: linux.sysctl.… and security.…. */
  readonly config: readonly LxdConfigKey[];
  readonly restart: RestartPolicy;
  readonly place: Place;
}

/** A name and where it was written. */
interface PlacedName {
  readonly value: string;
  readonly place: Place;
}

export interface LxdDevice {
  readonly name: string;
  /** As LXD has them: type, source, path, readonly. */
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

/** By the host's clock; where `to` is not after `from`, it ends on the next day. */
export interface RestartWindow {
  /** Minutes of the day. */
  readonly from: number;
  readonly to: number;
  /** On which it begins, 0 is Sunday. */
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
