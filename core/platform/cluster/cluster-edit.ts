/**
 * What a section of the configuration asks for in Kubernetes objects: data only. `planCluster` compares it
 * with what the agent observed, and makes the changes. A section of the platform returns its edits as
 * `PlatformDesired.cluster`; any other section puts them into `Desired.cluster`.
 */
import type { ImageWish } from '../../config/images/asked-image.ts';
import type { PlainMap } from '../../input/plain-data.ts';
import type { Reason } from '../../resolve/resolution.ts';
import type { ManualStep } from '../manual-step.ts';
import type { TextChange } from './change-text.ts';
import type { ObjectRef } from './object-ref.ts';

export type ClusterEdit = ObjectEdit | WorkEdit;

/** The desired fields of one object. Several edits of one object become one change. */
export type ObjectEdit =
  | ({
      /**
       * A whole object of a manifest, by server-side apply: it has apiVersion, kind, metadata. Fields that
       * it does not name stay as they are; take one away with `field`.
       */
      readonly form: 'object';
      readonly object: ObjectRef;
      readonly content: PlainMap;
    } & Asked)
  | ({
      /** One field of an object that has to be there. */
      readonly form: 'field';
      readonly object: ObjectRef;
      readonly path: FieldPath;
      /** Undefined: the field is to be absent. */
      readonly value: unknown;
    } & OfWorkload &
      Asked)
  | ({
      /** The image of a container: what it becomes may depend on the one that runs. */
      readonly form: 'image';
      readonly object: ObjectRef;
      /** Ends with the container and `image`. */
      readonly path: FieldPath;
      readonly wish: ImageWish;
    } & OfWorkload &
      Asked)
  | ({
      /** The same for a text that the agent reads first: see core/platform/cluster/change-text.ts. */
      readonly form: 'text';
      readonly object: ObjectRef;
      readonly path: FieldPath;
      readonly change: TextChange;
    } & Asked)
  | ({
      /** The object is to be gone. */
      readonly form: 'absent';
      readonly object: ObjectRef;
    } & Asked);

interface OfWorkload {
  /** Passed over where the cluster does not have the object, or the object does not have the container. */
  readonly ifPresent?: true;
  /** Refused where another program keeps the object, and would take the change back: core/platform/images/owner.ts. */
  readonly unlessOwned?: true;
}

/** What is done to pods, and what they need beforehand. */
export type WorkEdit =
  | ({
      /** All pods of the workload are to be newer than `mark`, which stands in its template afterwards. */
      readonly form: 'rollout';
      readonly workload: ObjectRef;
      /** Any text that changes when another restart is due, as a digest of what the pods read at start. */
      readonly mark: string;
      /**
       * It is due only where the agent changed one of these: pods that are as asked already are not restarted for a
       * mark. Absent: it is due whenever the mark differs.
       */
      readonly after?: readonly ObjectRef[];
      /** The change fails when the rollout is not complete by then. */
      readonly withinSeconds: number;
    } & Asked)
  | ({
      /**
       * Pods with an address outside of these CIDRs: `recreate` deletes them, controller by controller; `list` names
       * them for a person.
       */
      readonly form: 'recreate-pods';
      readonly how: 'recreate' | 'list';
      readonly cidrs: readonly string[];
    } & Asked)
  | ({
      /** Another program changes the workload: its images come from below this registry then, and its pods are new. */
      readonly form: 'awaited';
      readonly workload: ObjectRef;
      /** Absent: any. */
      readonly registry?: string;
    } & Asked)
  | ({
      /** A Secret with the credentials of a registry has to be there. It is never written, and its content never read. */
      readonly form: 'pull-secret';
      /** The program of the platform: `microk8s kubectl`. */
      readonly kubectl: string;
      readonly namespace: string;
      readonly name: string;
    } & Asked);

interface Asked {
  readonly reasons: readonly Reason[];
  /**
   * Which steps come first: those of a lower number; default 0. Within a step the order is that of the edits. Steps
   * below 0 come before the changes of Calico's resources, and the files and restarts of all nodes before those.
   */
  readonly stage?: number;
  /**
   * Commands for a person, where the agent may not change the cluster; the same ones for several edits are shown once.
   * Absent: a patch by kubectl.
   */
  readonly byHand?: ManualStep;
  /** Nothing is to be done where the cluster does not have the object, nor where the agent may not change it. */
  readonly optional?: true;
}

/**
 * A key of a map, the item of a list with that `name`, or (only as the last part, with the text itself as the value)
 * a text in a list. A `field` edit adds an item that is absent, at the end.
 */
export type FieldPath = readonly PathPart[];
export type PathPart = string | { readonly named: string } | { readonly item: string };

/** The variable of a container in a DaemonSet or Deployment; undefined: it is to be absent. */
export function environmentEdit(
  object: ObjectRef,
  container: string,
  variable: string,
  value: string | undefined,
  asked: Asked,
): ObjectEdit {
  return {
    form: 'field',
    object,
    path: [...containerPath(container), 'env', { named: variable }],
    value: value === undefined ? undefined : { name: variable, value },
    ...asked,
  };
}

/** The key of a ConfigMap; undefined: it is to be absent. */
export function dataEdit(
  object: ObjectRef,
  key: string,
  value: string | undefined,
  asked: Asked,
): ObjectEdit {
  return { form: 'field', object, path: ['data', key], value, ...asked };
}

/** Where a container of a DaemonSet or Deployment stands: `[...containerPath('calico-node'), 'readinessProbe']`. */
export function containerPath(
  container: string,
  list: 'containers' | 'initContainers' = 'containers',
): FieldPath {
  return ['spec', 'template', 'spec', list, { named: container }];
}

/** `spec.template.spec.containers[calico-node].env[IP]`, for people. */
export function pathText(path: FieldPath): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'string'
        ? text === ''
          ? part
          : `${text}.${part}`
        : `${text}[${'named' in part ? part.named : part.item}]`,
    '',
  );
}
