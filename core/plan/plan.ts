/** A plan: ordered steps of changes, with before, after and reason. Pure data. */
import type { NodeSettings } from '../calico/node.ts';
import type { CalicoResource, ResourceKind } from '../calico/resource.ts';
import type { CheckState } from '../cloud/settings.ts';
import type { Scope } from '../render/desired.ts';
import type { ProfileContent } from '../lxd/observed-lxd.ts';
import type { LeftByHand } from '../platform/left-by-hand.ts';
import type { AskedOnce } from '../writer/done-once.ts';
import type { ManualStep } from '../platform/manual-step.ts';
import type { DueRestart, FileNote } from '../platform/observed-platform.ts';
import type { ClusterChange } from '../platform/cluster/cluster-change.ts';
import type { ClusterEdit } from '../platform/cluster/cluster-edit.ts';
import type { Issue } from '../issue.ts';
import type { FieldChange } from '../resolve/field-change.ts';
import type { Gate } from './gate.ts';

export type { FieldChange };

/** A change of Calico's datastore. */
export type Change =
  | {
      readonly action: 'create';
      readonly scope: Scope;
      readonly resource: CalicoResource;
      readonly fields: readonly FieldChange[];
    }
  | {
      readonly action: 'update';
      readonly scope: Scope;
      readonly before: CalicoResource;
      /** The observed version; absent: any. */
      readonly version?: string;
      readonly resource: CalicoResource;
      /** The object does not get our marks; it may have no owner. Absent: it gets our marks. */
      readonly keepsMarks?: true;
      readonly fields: readonly FieldChange[];
    }
  | {
      readonly action: 'delete';
      readonly scope: Scope;
      readonly kind: ResourceKind;
      readonly name: string;
      readonly before: CalicoResource;
      readonly version?: string;
      /** One sentence. */
      readonly why: string;
    }
  | {
      /** Takes our marks off; everything else stays as it is. */
      readonly action: 'release';
      readonly scope: Scope;
      readonly before: CalicoResource;
      readonly version?: string;
    }
  | {
      readonly action: 'patch-node';
      readonly node: string;
      readonly before: NodeSettings;
      /** All settings after this change; a later step may continue from there. */
      readonly after: NodeSettings;
      readonly fields: readonly FieldChange[];
    };

/** A change of the LXD on this machine. */
export type LxdChange =
  | { readonly action: 'mount-bpffs'; readonly path: string }
  | {
      readonly action: 'set-lxd-profile';
      readonly project: string;
      readonly profile: string;
      /** The profile had no settings of ours so far: a container brought it in. */
      readonly isNew: boolean;
      readonly before: ProfileContent;
      readonly after: ProfileContent;
      readonly fields: readonly FieldChange[];
    };

/** A change of files and services of this machine. */
export type HostChange =
  | {
      readonly action: 'edit-file';
      readonly path: string;
      /** Absent in a plan that is shown or kept: a file may hold secrets. */
      readonly content?: FileChange | undefined;
      /** Unified; without lines around the changed ones where the file may hold secrets. */
      readonly diff: readonly string[];
      readonly fields: readonly FieldChange[];
    }
  | {
      readonly action: 'restart-service';
      /** A unit of systemd. */
      readonly service: string;
      /** One sentence. */
      readonly why: string;
    };

/** A change of the network interfaces that the cloud gave this machine. */
export type CloudChange =
  | {
      readonly action: 'set-source-dest-check';
      /** `eni-0123456789abcdef0`. */
      readonly interface: string;
      readonly before: CheckState;
      readonly after: CheckState;
      /** It goes back to what it was before the agent changed it, and the agent's note goes. */
      readonly isPutBack?: true;
      readonly fields: readonly FieldChange[];
    }
  | {
      /** Only the agent's note goes: there is nothing to put back. */
      readonly action: 'forget-interface';
      readonly interface: string;
      /** One clause. */
      readonly why: string;
    };

/** Absent texts: there is no file, before or after. */
export interface FileChange {
  readonly before?: string;
  readonly after?: string;
  /** The agent's note afterwards; absent: the file is as it was before the first edit. */
  readonly note?: FileNote;
  /** Services that have to be restarted after it. */
  readonly restarts: readonly Pick<DueRestart, 'service' | 'why'>[];
}

export type AnyChange = Change | LxdChange | HostChange | ClusterChange | CloudChange;

export interface Step<C extends AnyChange = Change> {
  readonly title: string;
  /** Why it has this place in the order. */
  readonly why: string;
  /** All of them must be open before the step begins. */
  readonly gates: readonly Gate[];
  readonly changes: readonly C[];
}

export interface Plan<C extends AnyChange = Change> {
  readonly formatVersion: 1;
  /** Empty: nothing to do, or nothing can be done because an issue is an error. */
  readonly steps: readonly Step<C>[];
  readonly issues: readonly Issue[];
  /** The steps for people, in this order; absent: none. */
  readonly byHand?: readonly ManualStep[];
  /**
   * Those of `byHand` that come after the change, and for which it waits. The agent keeps them until a person says that
   * they are done, because they are not planned any more when the files are as asked.
   */
  readonly leftByHand?: LeftByHand;
  /** Edits of Kubernetes objects that are planned when the cluster was read; absent: there are none. */
  readonly clusterEdits?: readonly ClusterEdit[];
  /** The changes that are left to a later revision, with the cluster-wide resources; absent: none. */
  readonly withheld?: readonly Step<C>[];
  /** Neighbours, as peerKey, whose session stays as it is until that revision; absent: none. */
  readonly heldPeers?: readonly string[];
  /** The steps that are done once for the cluster, as far as the agent knows them; absent: none. */
  readonly askedOnce?: readonly AskedOnce[];
}

/** A plan for any target: Calico, LXD, this machine's files and services, its cloud, or Kubernetes objects. */
export type AnyPlan = Plan<AnyChange>;
