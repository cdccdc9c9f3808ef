/** A change of Kubernetes objects: see core/plan/plan.ts. */
import type { PlainMap } from '../../input/plain-data.ts';
import type { FieldChange } from '../../resolve/field-change.ts';
import type { FieldEdit } from './edit-object.ts';
import type { PodsOfController } from './observed-cluster.ts';
import type { ObjectRef } from './object-ref.ts';
import type { UndoEdit } from './undo-annotation.ts';

interface OfCluster {
  readonly scope: { readonly kind: 'cluster' };
}

export type ClusterChange =
  | ({
      readonly action: 'apply-object';
      readonly object: ObjectRef;
      /** The observed resourceVersion; absent: the object is new. */
      readonly version?: string;
      /** Absent in a plan that is shown or kept: objects may hold secrets. */
      readonly write?: ObjectWrite | undefined;
      readonly fields: readonly FieldChange[];
    } & OfCluster)
  | ({
      readonly action: 'delete-object';
      readonly object: ObjectRef;
      readonly version: string;
      readonly why: string;
    } & OfCluster)
  | ({
      readonly action: 'rollout';
      readonly workload: ObjectRef;
      readonly mark: string;
      readonly withinSeconds: number;
      readonly why: string;
    } & OfCluster)
  | ({
      /** All pods are new: the note goes that the agents wait for them. */
      readonly action: 'end-rollout';
      readonly workload: ObjectRef;
    } & OfCluster)
  | ({
      readonly action: 'delete-pods';
      readonly pods: readonly PodsOfController[];
      readonly why: string;
    } & OfCluster);

export interface ObjectWrite {
  /** A whole object to apply on the server; absent: fields alone change. */
  readonly content?: PlainMap;
  /** Fields to set then. */
  readonly edits: readonly FieldEdit[];
  /** Puts back what was there before this revision: kept in an annotation of the object. */
  readonly undo: readonly UndoEdit[];
  /** The template of pods changes: the object notes that they are waited for. */
  readonly isRollout?: true;
}
