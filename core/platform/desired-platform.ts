/** The desired state of the platform of one node. Pure data. */
import type { Issue } from '../issue.ts';
import type { ClusterEdit } from './cluster/cluster-edit.ts';
import type { FileEdit } from './edit/file-edit.ts';
import type { ManualStep } from './manual-step.ts';

export interface PlatformDesired {
  readonly files: readonly FileEdit[];
  readonly services: readonly ServiceRule[];
  /** Edits of Kubernetes objects, for all nodes; absent: none. */
  readonly cluster?: readonly ClusterEdit[];
  /** For what the change waits, as the agent sees it; each completes "waits until". */
  readonly waits?: PlatformWaits;
  /** Steps that the agent does not do, in their order. */
  readonly manual: readonly ManualStep[];
  /** The purpose of these steps, without places in the document; absent: their commands say it all. */
  readonly asked?: unknown;
  /** With an error nothing is changed. */
  readonly issues: readonly Issue[];
}

export interface PlatformWaits {
  /** Before files change and services restart. */
  readonly before?: string;
  /** After that, before objects of Kubernetes change. */
  readonly between?: string;
  /** At the end. */
  readonly after?: string;
}

/** A service that has to be restarted after one of these files changed. */
export interface ServiceRule {
  /** A unit of systemd, one of core/platform/host-services.ts. */
  readonly service: string;
  readonly files: readonly string[];
  /** Completes "is restarted, because …". */
  readonly why: string;
}

export const nothingDesired: PlatformDesired = { files: [], services: [], manual: [], issues: [] };
