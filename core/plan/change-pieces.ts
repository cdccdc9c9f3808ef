import type { Change } from './plan.ts';

/**
 * The changes in their order, grouped to what must not be parted: deletions that stand right before
 * the peer that replaces them. Between the two a session is away.
 */
export function piecesOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const pieces: Change[][] = [];
  let mayBeReplaced: Change[] = [];
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

function singly(changes: readonly Change[]): Change[][] {
  return changes.map((change) => [change]);
}

function isPeerDeletion(change: Change): boolean {
  return change.action === 'delete' && change.kind === 'BGPPeer';
}

function isPeerWritten(change: Change): boolean {
  return (
    (change.action === 'create' || change.action === 'update') && change.resource.kind === 'BGPPeer'
  );
}
