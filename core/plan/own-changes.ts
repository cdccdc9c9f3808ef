import type { GateKind } from './gate.ts';
import type { AnyChange, AnyPlan } from './plan.ts';

/**
 * Whether a node has changes of its own left for which others wait: those before the first step
 * that waits for the changes of all nodes. Changes in that step or after it do not count, so that
 * no two nodes wait for each other.
 */
export function hasOwnChangesLeft({ steps }: Pick<AnyPlan, 'steps'>): boolean {
  const first = steps.findIndex(({ gates }) => gates.some(({ kind }) => kind === 'fleet-written'));
  const before = first === -1 ? steps : steps.slice(0, first);
  return before.some(({ changes }) => changes.some(isOwn));
}

/** The changes of this node's platform that are left; undefined: none. */
export function platformLeft({
  steps,
}: Pick<AnyPlan, 'steps'>):
  { readonly filesLeft: boolean; readonly services: readonly string[] } | undefined {
  const changes = steps.flatMap((step) => step.changes);
  const filesLeft = changes.some(({ action }) => action === 'edit-file');
  const services = changes.flatMap((one) => (one.action === 'restart-service' ? one.service : []));
  return filesLeft || services.length > 0 ? { filesLeft, services } : undefined;
}

/** Whether anything is left to write, by whichever agent, before the first step that waits for sessions. */
export function hasAdditionsLeft({ steps }: Pick<AnyPlan, 'steps'>): boolean {
  return steps[0] !== undefined && !steps[0].gates.some(({ kind }) => ofSessions.has(kind));
}

const ofSessions: ReadonlySet<GateKind> = new Set(['node-sessions', 'fleet-sessions']);

const ownActions: ReadonlySet<AnyChange['action']> = new Set([
  'patch-node',
  'edit-file',
  'set-source-dest-check',
]);

function isOwn(change: AnyChange): boolean {
  if ('scope' in change) return change.scope.kind === 'node';
  return ownActions.has(change.action);
}
