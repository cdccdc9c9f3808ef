/**
 * The gates of changes that concern a platform: files on all nodes, then services node by node, then what is done once
 * for all.
 */
import { usualRestarts, type RestartLimits } from '../../config/platform/restart-limits.ts';
import type { Gate } from '../gate.ts';
import type { AnyChange, AnyPlan, Step } from '../plan.ts';
import { outsideSeconds } from '../wait-for-person.ts';

const filesSeconds = 600;
/** A node takes some minutes, and there may be a hundred before this one. */
const restartSeconds = 6 * 3600;
const windowSeconds = 8 * 86_400;
/**
 * A node whose kubelet is down stays Ready for up to 50 s: node-monitor-grace-period of kube-controller-manager. Every
 * node learns within this time, too, that another one has begun.
 */
const stableSeconds = 60;

/**
 * Sets the gates of steps with restarts, of steps of the cluster, and of waits that come after them. A wait before this
 * node's own files is over before anything else can be true, and may take as long as a person does, on other nodes too.
 */
export function setPlatformGates<C extends AnyChange>(
  steps: readonly Step<C>[],
  { parallel, window }: RestartLimits = usualRestarts,
): readonly Step<C>[] {
  const lastOfHost = steps.findLastIndex(({ changes }) => changes.some(isOfHost));
  const isPersonFirst = steps.slice(0, lastOfHost + 1).some(isWaitOutside);
  const usualSeconds = window === undefined ? restartSeconds : windowSeconds;
  const withinSeconds = isPersonFirst ? outsideSeconds : usualSeconds;
  const files = filesWithin(isPersonFirst ? outsideSeconds : filesSeconds);
  const turn: Gate = {
    kind: 'restart-turn',
    parallel,
    ...(window !== undefined && { window }),
    stableSeconds,
    withinSeconds,
  };
  return steps.map((step, index) => {
    const { changes, gates } = step;
    if (changes.some(({ action }) => action === 'restart-service')) {
      return withGates(step, [files, turn]);
    }
    const isWait = isWaitOutside(step) && index > lastOfHost;
    if (isWait) return withGates(step, [filesWithin(outsideSeconds), restarted(outsideSeconds)]);
    const isOfPods = gates.some(({ kind }) => kind === 'rollout') || changes.some(isOfCluster);
    return isOfPods ? withGates(step, [files, restarted(withinSeconds)]) : step;
  });
}

/** The steps that need no file of this machine: those before the first one that does, in the order of the plan. */
export function stepsBeforeHost({ steps }: Pick<AnyPlan, 'steps'>): readonly Step<AnyChange>[] {
  const first = steps.findIndex((step) => step.changes.some(isOfHost) || isWaitOutside(step));
  return first === -1 ? steps : steps.slice(0, first);
}

function filesWithin(withinSeconds: number): Gate {
  return { kind: 'fleet-files', withinSeconds };
}

function restarted(withinSeconds: number): Gate {
  return { kind: 'fleet-restarted', withinSeconds };
}

function isWaitOutside({ gates }: Step<AnyChange>): boolean {
  return gates.some(({ kind }) => kind === 'outside');
}

function isOfHost({ action }: AnyChange): boolean {
  return action === 'edit-file' || action === 'restart-service';
}

function withGates<C extends AnyChange>(step: Step<C>, gates: readonly Gate[]): Step<C> {
  const missing = gates.filter((gate) => !step.gates.some(({ kind }) => kind === gate.kind));
  return { ...step, gates: [...step.gates, ...missing] };
}

const ofCluster: ReadonlySet<AnyChange['action']> = new Set([
  'apply-object',
  'delete-object',
  'rollout',
  'end-rollout',
  'delete-pods',
]);

function isOfCluster({ action }: AnyChange): boolean {
  return ofCluster.has(action);
}
