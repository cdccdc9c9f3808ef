import type { AnyChange } from '../plan.ts';

/**
 * The changes in their order, in groups that must not be split: deletions right before the peer
 * that replaces them. Between the two a session is down.
 */
export function* piecesOf<C extends AnyChange>(
  changes: readonly C[],
): Generator<readonly C[], void> {
  let mayBeReplaced: C[] = [];
  for (const change of changes) {
    if (isPeerDeletion(change)) {
      mayBeReplaced.push(change);
      continue;
    }
    if (isPeerWritten(change)) yield [...mayBeReplaced, change];
    else {
      yield* singly(mayBeReplaced);
      yield [change];
    }
    mayBeReplaced = [];
  }
  yield* singly(mayBeReplaced);
}

function* singly<C extends AnyChange>(changes: readonly C[]): Generator<readonly C[], void> {
  for (const change of changes) yield [change];
}

function isPeerDeletion(change: AnyChange): boolean {
  return change.action === 'delete' && change.kind === 'BGPPeer';
}

function isPeerWritten(change: AnyChange): boolean {
  return (
    (change.action === 'create' || change.action === 'update') && change.resource.kind === 'BGPPeer'
  );
}
