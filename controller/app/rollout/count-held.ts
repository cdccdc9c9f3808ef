/** Counts what nodes have by what they say themselves. Pure. */
import { sameRef } from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { isSettled, viewPush } from '../nodes/node-view.ts';
import { lastReport } from '../nodes/stored-answer.ts';

export interface CountedHeld {
  /** The digest that all nodes have which count. Absent: they have nothing, or several, or nobody knows. */
  readonly same?: string;
  /** Nobody says what the nodes have. */
  readonly isUnknown: boolean;
  /** The revisions that nodes have, or may have, by digest. */
  readonly held: ReadonlyMap<string, readonly RevisionRef[]>;
  /** How many connected nodes have each digest; '' for nothing. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A content, or that there is none. */
type Holds = RevisionRef | 'nothing';

interface Said {
  /** Absent: it does not say, or another source has taken the node over. */
  readonly holds?: Holds;
  /** It has confirmed the newest revision, or does not take it. */
  readonly isSettled: boolean;
}

/**
 * Nodes that are on the way to the newest revision count only where no other node is there, and those
 * that are away only where none is: they get what the others have. But one that is away and has confirmed
 * the newest revision proves that nodes have it.
 */
export function countHeld(records: readonly NodeRecord[], newest: Revision): CountedHeld {
  const settled = new Refs();
  const working = new Refs();
  const away = new Refs();
  const counts = new Map<string, number>();
  let isInDoubt = false;
  for (const record of records) {
    const isHere = record.connection !== undefined;
    const said = saidBy(record, newest);
    const { holds } = said;
    if (isHere && !said.isSettled) isInDoubt = true;
    if (holds === undefined) continue;
    if (isHere) {
      const digest = digestOf(holds);
      counts.set(digest, (counts.get(digest) ?? 0) + 1);
    }
    const hasNewest = holds !== 'nothing' && sameRef(holds, newest);
    const place = said.isSettled && (isHere || hasNewest) ? settled : isHere ? working : away;
    place.add(holds);
  }
  const counting = [settled, working, away].find((refs) => refs.size > 0);
  const held = new Refs();
  for (const refs of settled.size + working.size > 0 ? [settled, working] : [away])
    held.addAll(refs);
  // A node that is on the way may have it by now.
  if (isInDoubt) held.add(newest);
  const same = counting?.only();
  return {
    ...(same !== undefined && same !== '' && { same }),
    isUnknown: counting === undefined,
    held: held.contents(),
    counts,
  };
}

function saidBy(record: NodeRecord, newest: Revision): Said {
  const { accepted, confirmed } = lastReport(record);
  const view = viewPush(record, newest);
  const hasConfirmed =
    view.state === 'confirmed' || (confirmed !== undefined && sameRef(confirmed, newest));
  if (newest.decided === 'rolled-back') {
    // Until it says that it has another one, it may still be told, or has nothing to go back to.
    const hasIt = hasConfirmed && (accepted === undefined || sameRef(accepted, newest));
    if (hasIt || (accepted !== undefined && sameRef(accepted, newest))) return { isSettled: false };
    return { ...heldBefore(record, newest), isSettled: true };
  }
  if (view.state === 'confirmed') return { holds: newest, isSettled: true };
  const settled = isSettled(view);
  if (hasConfirmed && !settled) return { holds: newest, isSettled: true };
  return { ...heldBefore(record, newest), isSettled: settled };
}

/** What the node has in place of the newest revision. */
function heldBefore(record: NodeRecord, newest: RevisionRef): Pick<Said, 'holds'> {
  const { confirmed, accepted } = lastReport(record);
  if (record.status === undefined && confirmed === undefined) return {};
  if (record.takenOver !== undefined) return {};
  if (confirmed === undefined) {
    const isOther = accepted !== undefined && accepted.lineage !== newest.lineage;
    return isOther ? {} : { holds: 'nothing' };
  }
  // A status from before the node rolled it back; or another source's.
  if (sameRef(confirmed, newest) || confirmed.lineage !== newest.lineage) return {};
  return { holds: confirmed };
}

function digestOf(holds: Holds): string {
  return holds === 'nothing' ? '' : holds.digest;
}

/** References by digest, each number once. */
class Refs {
  readonly #all = new Map<string, Map<number, RevisionRef>>();

  get size(): number {
    return this.#all.size;
  }

  add(holds: Holds): void {
    const digest = digestOf(holds);
    const refs = this.#all.get(digest) ?? new Map<number, RevisionRef>();
    if (holds !== 'nothing') refs.set(holds.number, holds);
    this.#all.set(digest, refs);
  }

  addAll(other: Refs): void {
    for (const [digest, refs] of other.#all) {
      if (digest === '') this.add('nothing');
      for (const ref of refs.values()) this.add(ref);
    }
  }

  /** The digest, if there is no other one. */
  only(): string | undefined {
    return this.#all.size === 1 ? [...this.#all.keys()][0] : undefined;
  }

  contents(): ReadonlyMap<string, readonly RevisionRef[]> {
    const contents = [...this.#all].filter(([digest]) => digest !== '');
    return new Map(contents.map(([digest, refs]) => [digest, [...refs.values()]]));
  }
}
