import type { AnyChange, Change, HostChange } from './plan.ts';

/** Who carries out which change: one that nobody does cannot be written here. */
const executors = {
  create: 'calico',
  update: 'calico',
  delete: 'calico',
  release: 'calico',
  'patch-node': 'calico',
  'mount-bpffs': 'host',
  'set-lxd-profile': 'host',
} as const satisfies Readonly<Record<AnyChange['action'], 'calico' | 'host'>>;

export function isHostChange(change: AnyChange): change is HostChange {
  return executors[change.action] === 'host';
}

export function isCalicoChange(change: AnyChange): change is Change {
  return executors[change.action] === 'calico';
}
