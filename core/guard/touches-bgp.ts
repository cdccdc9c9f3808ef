import type { AnyChange, AnyPlan } from '../plan/plan.ts';

/**
 * Whether a plan may change sessions or routes. Our marks on an object do not; the group labels of
 * a Node may, because peers select nodes by them.
 */
export function touchesBgp({ steps }: Pick<AnyPlan, 'steps'>): boolean {
  return steps.some(({ changes }) => changes.some(isOfBgp));
}

function isOfBgp(change: AnyChange): boolean {
  switch (change.action) {
    case 'create':
    case 'delete':
    case 'patch-node':
      return true;
    case 'update':
      return change.fields.some(({ path }) => !path.startsWith('metadata.'));
    case 'release':
    case 'mount-bpffs':
    case 'set-lxd-profile':
    case 'edit-file':
    case 'restart-service':
    case 'set-source-dest-check':
    case 'forget-interface':
      return false;
    // Pods of calico-node are made anew, and with them BIRD.
    case 'rollout':
      return true;
    case 'apply-object':
    case 'delete-object':
      return change.object.kind === 'DaemonSet';
    case 'end-rollout':
    case 'delete-pods':
      return false;
  }
}
