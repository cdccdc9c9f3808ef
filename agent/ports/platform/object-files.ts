import type { ClusterChange } from '../../../core/platform/cluster/cluster-change.ts';
import type { ClusterEdit } from '../../../core/platform/cluster/cluster-edit.ts';
import type { ObjectRef } from '../../../core/platform/cluster/object-ref.ts';
import type { ObservedCluster } from '../../../core/platform/cluster/observed-cluster.ts';

/** Kubernetes objects as files, for an agent that has a folder in place of a cluster. It changes no cluster. */
export interface ObjectFiles {
  /** Where the files are. */
  readonly folder: string;
  /** Whether the edit's object has a file here. A person has to carry the other edits out. */
  takes(edit: ClusterEdit): boolean;
  /**
   * Reads the objects of these edits, and all others that the agent wrote here.
   * @throws AppError datastore-failed (retryable) where a file cannot be read
   */
  observe(edits: readonly ClusterEdit[]): Promise<ObservedCluster>;
  /**
   * Writes or removes one file. Doing it again after it was done is no fault.
   * @throws AppError datastore-conflict (retryable: observe again) where somebody wrote meanwhile
   */
  apply(change: ClusterChange): Promise<void>;
  /** The objects whose files the agent wrote. @throws AppError as observe */
  owned(): Promise<readonly ObjectRef[]>;
  /**
   * Takes the agent's marks off the file of one object; the file stays. A file without them is left alone.
   * @throws AppError as observe, and datastore-conflict (retryable) where somebody wrote meanwhile
   */
  release(object: ObjectRef): Promise<void>;
}
