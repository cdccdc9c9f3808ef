/** The place of the cloud's steps among the others. */
import type { Gate } from '../gate.ts';
import type { AnyChange, CloudChange, Step } from '../plan.ts';

/** As the gates of sessions: longer than a node needs for its own changes. */
const written: Gate = { kind: 'fleet-written', stableSeconds: 10, withinSeconds: 180 };

/**
 * The check goes off before pools send packets without an overlay, and comes on again after all
 * other steps.
 * @param waits whether pools wait for the checks of all nodes: the plan reaches a cluster, and the
 *   configuration disables the check
 */
export function joinCloudSteps(
  others: readonly Step<AnyChange>[],
  cloud: readonly Step<CloudChange>[],
  waits: boolean,
): readonly Step<AnyChange>[] {
  const isFirst = (step: Step<CloudChange>): boolean =>
    step.changes.some((one) => one.action === 'set-source-dest-check' && one.after === 'disabled');
  const first: readonly Step<AnyChange>[] = cloud.filter(isFirst);
  const last: readonly Step<AnyChange>[] = cloud.filter((step) => !isFirst(step));
  return [...first, ...(waits ? others.map(withGate) : others), ...last];
}

function withGate(step: Step<AnyChange>): Step<AnyChange> {
  const isAsked = step.gates.some(({ kind }) => kind === written.kind);
  if (isAsked || !step.changes.some(sendsWithoutOverlay)) return step;
  return { ...step, gates: [...step.gates, written] };
}

function sendsWithoutOverlay(change: AnyChange): boolean {
  if (change.action === 'create' && change.resource.kind === 'IPPool') {
    const { ipipMode, vxlanMode } = change.resource.spec;
    return ![ipipMode, vxlanMode].includes('Always');
  }
  if (change.action !== 'update' || change.resource.kind !== 'IPPool') return false;
  return change.fields.some(
    ({ path, before, after }) =>
      ['spec.ipipMode', 'spec.vxlanMode'].includes(path) &&
      before === 'Always' &&
      after !== 'Always',
  );
}
