/** The observed state of a node's platform, and what the agent changed there. Pure data. */
import type { Platform } from '../../schemas/generated/agent-api/platform.ts';
import type { ObservedLoadBalancers } from './cluster/observed-cluster.ts';
import type { FileEdit, FileUndo } from './edit/file-edit.ts';
import type { HostFile } from './host-file.ts';
import type { K3sInput } from './k3s/report-k3s.ts';
import type { MicroK8sInput } from './microk8s/report-microk8s.ts';

export interface ObservedPlatform {
  /** As `calico-agent platform` shows it. */
  readonly report: Platform;
  /** The data from which the report was made, of the node's own platform only. */
  readonly k3s?: K3sInput;
  readonly microk8s?: MicroK8sInput;
  /** Every writable file that was read, once. */
  readonly files: readonly HostFile[];
  /** The agent's notes about files that it edited. */
  readonly notes: readonly FileNote[];
  /** Restarts that are due since a file was edited. */
  readonly dueRestarts: readonly DueRestart[];
  /** The load balancer in force, where the configuration names one; absent: it cannot be read, or none is named. */
  readonly loadBalancers?: ObservedLoadBalancers;
  /** Why nothing can be written: the helper is not there. Absent: it can. */
  readonly cannotWrite?: string;
}

/** Kept in the state directory from before the first write to a file until it is put back. */
export interface FileNote {
  readonly path: string;
  readonly edits: readonly FileEdit[];
  readonly undo: FileUndo;
  /**
   * While the file is written: with the text of this digest, this is the way back instead; without
   * an undo there is nothing to put back. See core/platform/edit/undo-for.ts.
   */
  readonly otherwise?: { readonly digest: string; readonly undo?: FileUndo };
  /** The services to restart after the file changes, also when it is put back. */
  readonly restarts: readonly Pick<DueRestart, 'service' | 'why'>[];
}

export interface DueRestart {
  readonly service: string;
  readonly why: string;
  readonly files: readonly RestartCause[];
}

/** A file as it was when the service last read it: with that text again no restart is due. */
export interface RestartCause {
  readonly path: string;
  /** See digestOfFile. */
  readonly before: string;
}
