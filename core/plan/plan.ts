/** A change, beforehand: ordered steps of changes, with before, after and reason. Pure data. */
import type { CalicoResource, NodeSettings, ResourceKind, Share } from '../render/desired.ts';
import type { Reason } from '../resolve/resolution.ts';
import type { Issue } from '../issue.ts';

export interface FieldChange {
  /** `spec.asNumber`, `metadata.labels.<name>`; for a node, a field of NodeSettings. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly reasons: readonly Reason[];
}

export type Change =
  | {
      readonly action: 'create';
      readonly share: Share;
      readonly resource: CalicoResource;
      readonly fields: readonly FieldChange[];
    }
  | {
      readonly action: 'update';
      readonly share: Share;
      readonly before: CalicoResource;
      readonly resource: CalicoResource;
      readonly fields: readonly FieldChange[];
    }
  | {
      readonly action: 'delete';
      readonly share: Share;
      readonly kind: ResourceKind;
      readonly name: string;
      readonly before: CalicoResource;
      /** One sentence. */
      readonly why: string;
    }
  | {
      readonly action: 'patch-node';
      readonly node: string;
      readonly before: NodeSettings;
      /** The whole settings after this change; a later step may go on from there. */
      readonly after: NodeSettings;
      readonly fields: readonly FieldChange[];
    };

/** What must be true before a step may begin. None yet: the seam for sessions and health. */
export type Gate = never;

export interface Step {
  readonly title: string;
  /** Why it stands at this place in the order. */
  readonly why: string;
  readonly gates: readonly Gate[];
  readonly changes: readonly Change[];
}

export interface Plan {
  readonly formatVersion: 1;
  /** Empty: nothing to do, or nothing can be done because an issue is an error. */
  readonly steps: readonly Step[];
  readonly issues: readonly Issue[];
}

/** What the datastore holds of what we may change, as read back. */
export interface Observed {
  readonly resources: readonly ObservedResource[];
  readonly nodes: readonly ObservedNode[];
}

export interface ObservedResource {
  readonly resource: CalicoResource;
  /** Whose it is, by the labels and annotations that it carries; absent: not ours. */
  readonly owner?: { readonly share: Share; readonly lineage: string };
}

export interface ObservedNode {
  readonly name: string;
  readonly settings: NodeSettings;
}
