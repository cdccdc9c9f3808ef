import type { AnyChange } from './plan.ts';

/** The target of each action: the outside system that carries it out. A missing action does not compile. */
const targets = {
  create: 'calico',
  update: 'calico',
  delete: 'calico',
  release: 'calico',
  'patch-node': 'calico',
  'mount-bpffs': 'lxd',
  'set-lxd-profile': 'lxd',
  'edit-file': 'host',
  'restart-service': 'host',
  'apply-object': 'cluster',
  'delete-object': 'cluster',
  rollout: 'cluster',
  'end-rollout': 'cluster',
  'delete-pods': 'cluster',
  'set-source-dest-check': 'cloud',
  'forget-interface': 'cloud',
} as const satisfies Readonly<Record<AnyChange['action'], string>>;

type Targets = typeof targets;

/**
 * `calico`: its datastore. `lxd`: the LXD on this machine. `host`: its files and services. `cluster`: Kubernetes.
 * `cloud`: the network interfaces that the cloud gave this machine.
 */
export type TargetName = Targets[keyof Targets];

/** The changes that a target carries out. */
export type ChangeOf<T extends TargetName> = Extract<
  AnyChange,
  {
    readonly action: {
      [A in keyof Targets]: Targets[A] extends T ? A : never;
    }[keyof Targets];
  }
>;

export function targetOf({ action }: AnyChange): TargetName {
  return targets[action];
}

export function isFor<T extends TargetName>(target: T, change: AnyChange): change is ChangeOf<T> {
  return targetOf(change) === target;
}
