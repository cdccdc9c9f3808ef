/**
 * The gates of changes that concern a platform: files on all nodes, then services node by node, then what is done once
 * for all.
 */
import { usualRestarts, type RestartLimits } from '../../config/platform/restart-limits.ts';
import type { Gate } from '../gate.ts';
import type { AnyChange, Step } from '../plan.ts';

const filesSeconds = 600;
/** A node takes some minutes, and there may be a hundred before this one. */
const restartSeconds = 6 * 3600;
const windowSeconds = 8 * 86_400;
/**
 * A node whose kubelet is down stays Ready for up to 50 s: node-monitor-grace-period of kube-controller-manager. Every
 * node learns within this time, too, that another one has begun.
 */
const stableSeconds = 60;

/** Sets the gates of steps with restarts, and of steps of the cluster that come after them. */
export function setPlatformGates<C extends AnyChange>(
  steps: readonly Step<C>[],
  { parallel, window }: RestartLimits = usualRestarts,
): readonly Step<C>[] {
  const withinSeconds = window === undefined ? restartSeconds : windowSeconds;
  const files: Gate = { kind: 'fleet-files', withinSeconds: filesSeconds };
  const turn: Gate = {
    kind: 'restart-turn',
    parallel,
    ...(window !== undefined && { window }),
    stableSeconds,
    withinSeconds,
  };
  const restarted: Gate = { kind: 'fleet-restarted', withinSeconds };
  return steps.map((step) => {
    if (step.changes.some(({ action }) => action === 'restart-service')) {
      return withGates(step, [files, turn]);
    }
    const isOutside = step.gates.some(({ kind }) => kind === 'outside' || kind === 'rollout');
    return isOutside || step.changes.some(isOfCluster) ? withGates(step, [files, restarted]) : step;
  });
}

function withGates<C extends AnyChange>(step: Step<C>, gates: readonly Gate[]): Step<C> {
  const missing = gates.filter((gate) => !step.gates.some(({ kind }) => kind === gate.kind));
  return { ...step, gates: [...step.gates, ...missing] };
}

const ofCluster: ReadonlySet<AnyChange['action']> = new Set([
  'apply-object',
  'delete-object',
  'rollout',
  'delete-pods',
]);

function isOfCluster({ action }: AnyChange): boolean {
  return ofCluster.has(action);
}
