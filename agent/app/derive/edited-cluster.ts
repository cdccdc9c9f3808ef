/**
 * Whether edits of Kubernetes objects may be in the cluster. Without it, an agent that cannot look would say that the way
 * back is done.
 */
import type { StateStore } from '../state/agent-state.ts';
import type { ClusterPlanningDeps } from './plan-cluster-edits.ts';

interface States {
  readonly state: Pick<StateStore, 'current' | 'change'>;
}

export function editedCluster({ state }: States): ClusterPlanningDeps['edited'] {
  return {
    isLeft: () => state.current().editedCluster === true,
    forget: () =>
      state.change(({ editedCluster: _edited, begun: _begun, ...rest }) => ({
        state: rest,
        result: undefined,
      })),
  };
}

/**
 * Before the first write of a revision that asks for edits.
 * @param isOver the revision is confirmed, and nothing of it is left to do: agents that follow need not look
 * @throws AppError
 */
export async function noteEdits(
  { state }: States,
  places: readonly string[] = [],
  isOver = false,
): Promise<void> {
  const isAsked = places.some((place) => place === 'early' || place === 'late');
  const { isLeft, forget } = editedCluster({ state });
  if (!isAsked && isOver && isLeft()) await forget();
  if (!isAsked || isLeft()) return;
  await state.change((current) => ({
    state: { ...current, editedCluster: true },
    result: undefined,
  }));
}
