/** Counts what nodes have by what they say themselves. Pure. */
import { sameRef } from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { isSettled, isTakenBack, viewPush } from '../nodes/node-view.ts';
import { lastReport } from '../nodes/stored-answer.ts';

export interface CountedHeld {
  /**
   * The digest that at least nine of ten nodes have which count and have any, and no other one has more of all nodes.
   * Absent: there is none, or nobody knows.
   */
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
 * the newest revision proves that nodes have it. And a few nodes that did not take the newest one do not stand for
 * many others: where more of all nodes have another content than theirs, all nodes count.
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
  const found = counting?.common();
  const all = unitedOf([settled, working, away]);
  const areFew = found !== undefined && found !== newest.digest && all.hasMoreThan(found);
  const here = areFew || settled.size + working.size === 0 ? all : unitedOf([settled, working]);
  const same = areFew ? all.common() : found;
  // The cluster-wide resources are those of nearly all nodes: the others would only be waited for.
  const held = same !== undefined && here.common() === same ? here.with(same) : here;
  // A node that is on the way may have it by now.
  if (isInDoubt) held.add(newest);
  return {
    ...(same !== undefined && { same }),
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
function heldBefore(record: NodeRecord, newest: Revision): Pick<Said, 'holds'> {
  const { confirmed, accepted } = lastReport(record);
  if (record.status === undefined && confirmed === undefined) return {};
  const { takenOver } = record;
  if (takenOver !== undefined && !isTakenBack(takenOver, newest)) return {};
  // One that it has accepted may be in force.
  if (confirmed === undefined) return accepted === undefined ? { holds: 'nothing' } : {};
  // A status from before the node rolled it back; or another source's.
  if (sameRef(confirmed, newest) || confirmed.lineage !== newest.lineage) return {};
  return { holds: confirmed };
}

function digestOf(holds: Holds): string {
  return holds === 'nothing' ? '' : holds.digest;
}

function unitedOf(some: readonly Refs[]): Refs {
  const united = new Refs();
  for (const refs of some) united.addAll(refs);
  return united;
}

/** Nearly all: of thousands of nodes one always fails, and a real split has more on both sides. */
const share = 0.9;

/** What nodes hold, by digest: how many do, and its revisions, each number once. */
class Refs {
  readonly #all = new Map<string, { nodes: number; readonly refs: Map<number, RevisionRef> }>();

  get size(): number {
    return this.#all.size;
  }

  add(holds: Holds): void {
    const found = this.#at(digestOf(holds));
    found.nodes += 1;
    if (holds !== 'nothing') found.refs.set(holds.number, holds);
  }

  addAll(other: Refs): void {
    for (const [digest, { nodes, refs }] of other.#all) {
      const found = this.#at(digest);
      found.nodes += nodes;
      for (const [number, ref] of refs) found.refs.set(number, ref);
    }
  }

  /** Whether more nodes have another content. */
  hasMoreThan(digest: string): boolean {
    const nodes = this.#all.get(digest)?.nodes ?? 0;
    return [...this.#all].some(([other, found]) => other !== '' && found.nodes > nodes);
  }

  with(digest: string): Refs {
    const one = new Refs();
    const found = this.#all.get(digest);
    if (found !== undefined) one.#all.set(digest, found);
    return one;
  }

  /** The digest that nearly all nodes have; those that have nothing do not count. */
  common(): string | undefined {
    const contents = [...this.#all].filter(([digest]) => digest !== '');
    const all = contents.reduce((sum, [, { nodes }]) => sum + nodes, 0);
    return contents.find(([, { nodes }]) => nodes >= all * share)?.[0];
  }

  contents(): ReadonlyMap<string, readonly RevisionRef[]> {
    const contents = [...this.#all].filter(([digest]) => digest !== '');
    return new Map(contents.map(([digest, { refs }]) => [digest, [...refs.values()]]));
  }

  #at(digest: string): { nodes: number; readonly refs: Map<number, RevisionRef> } {
    const found = this.#all.get(digest) ?? { nodes: 0, refs: new Map<number, RevisionRef>() };
    this.#all.set(digest, found);
    return found;
  }
}
