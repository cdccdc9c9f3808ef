import { findRevision } from '../../../core/revision/find-revision.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import type { AgentState } from '../state/agent-state.ts';
import { revisionName } from '../state/revision-name.ts';
import { isRollingBack } from '../state/rolling-back.ts';

export interface Rollback {
  readonly from: RevisionRef;
  readonly to: RevisionRef;
}

/**
 * The revision from which a rollback goes, and the one to which it goes.
 * @param text a revision as a person writes it; undefined: the last confirmed one
 * @throws AppError not-found
 */
export async function rollbackTarget(
  state: AgentState,
  store: Pick<RevisionStore, 'list' | 'holds'>,
  text: string | undefined,
): Promise<Rollback> {
  const from = state.accepted;
  if (from === undefined)
    throw cannot('no configuration was accepted yet; calico-agent apply CONFIG applies one');
  const to =
    text === undefined ? await lastConfirmed(state, from, store) : await named(text, store);
  if (sameRevision(to, from)) throw cannot(`${revisionName(to)} is the accepted one already`);
  if (!(await store.holds(to)))
    throw cannot(`the text of ${revisionName(to)} is damaged or missing`);
  return { from, to };
}

async function lastConfirmed(
  state: AgentState,
  from: RevisionRef,
  store: Pick<RevisionStore, 'list'>,
): Promise<RevisionRef> {
  const { confirmed, previous } = state;
  const isConfirmed = confirmed !== undefined && sameRevision(confirmed, from);
  const target = isConfirmed ? previous : confirmed;
  if (target !== undefined) return target;
  if (isRollingBack(state, from))
    throw cannot(`the agent rolls back to ${revisionName(from)} already`);
  const kept = await store.list();
  throw cannot(
    kept.length > 1
      ? 'no other revision was confirmed before; calico-agent rollback REVISION goes to one of calico-agent history'
      : `${revisionName(from)} is the only one that this node keeps; apply another configuration`,
  );
}

async function named(text: string, store: Pick<RevisionStore, 'list'>): Promise<RevisionRef> {
  const found = findRevision(text, await store.list());
  if (!found.ok) throw cannot(`"${text}": ${found.why}`);
  const { lineage, number, digest } = found.revision;
  return { lineage, number, digest };
}

function cannot(why: string): AppError {
  return new AppError('not-found', `cannot roll back: ${why}`);
}
