import type { Change } from './plan.ts';

/**
 * The changes in their order, grouped to what must not be parted: deletions that stand right before
 * the peer that replaces them. Between the two a session is away.
 */
export function piecesOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const pieces: (readonly Change[])[] = [];
  let deletions: readonly Change[] = [];
  for (const change of changes) {
    if (isPeerDeletion(change)) {
      deletions = [...deletions, change];
    } else if (isPeerWritten(change)) {
      pieces.push([...deletions, change]);
      deletions = [];
    } else {
      for (const one of [...deletions, change]) pieces.push([one]);
      deletions = [];
    }
  }
  for (const one of deletions) pieces.push([one]);
  return pieces;
}

function isPeerDeletion(change: Change): boolean {
  return change.action === 'delete' && change.kind === 'BGPPeer';
}

function isPeerWritten(change: Change): boolean {
  return (
    (change.action === 'create' || change.action === 'update') && change.resource.kind === 'BGPPeer'
  );
}
