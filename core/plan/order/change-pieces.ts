import type { AnyChange } from '../plan.ts';

/**
 * The changes in their order, in groups that must not be split: deletions right before the peer
 * that replaces them. Between the two a session is down.
 */
export function piecesOf<C extends AnyChange>(changes: readonly C[]): readonly (readonly C[])[] {
  const pieces: C[][] = [];
  let mayBeReplaced: C[] = [];
  for (const change of changes) {
    if (isPeerDeletion(change)) {
      mayBeReplaced.push(change);
      continue;
    }
    if (isPeerWritten(change)) pieces.push([...mayBeReplaced, change]);
    else pieces.push(...singly(mayBeReplaced), [change]);
    mayBeReplaced = [];
  }
  return [...pieces, ...singly(mayBeReplaced)];
}

function singly<C extends AnyChange>(changes: readonly C[]): C[][] {
  return changes.map((change) => [change]);
}

function isPeerDeletion(change: AnyChange): boolean {
  return change.action === 'delete' && change.kind === 'BGPPeer';
}

function isPeerWritten(change: AnyChange): boolean {
  return (
    (change.action === 'create' || change.action === 'update') && change.resource.kind === 'BGPPeer'
  );
}
