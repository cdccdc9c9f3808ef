import type { NodeFacts } from '../../core/facts/facts.ts';
import { sameRevision } from '../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import { AppError } from '../../runtime/errors.ts';
import type { RevisionStore } from '../ports/revision-store.ts';
import { derive, type Reading, type Wanted } from './derive.ts';

/** Keeps what the accepted revision means, and forgets how it was found. */
export interface WantedKeeper {
  current(revision: RevisionRef): Wanted | undefined;
  put(revision: RevisionRef, facts: NodeFacts, wanted: Wanted): void;
  /** @throws AppError where the stored revision cannot be had any more, or does not fit the facts */
  of(revision: RevisionRef, facts: NodeFacts): Promise<Wanted>;
  clear(): void;
}

export function createWantedKeeper(store: RevisionStore, reading: () => Reading): WantedKeeper {
  let kept: { revision: RevisionRef; facts: NodeFacts; wanted: Wanted } | undefined;
  return {
    current: (revision) =>
      kept !== undefined && sameRevision(kept.revision, revision) ? kept.wanted : undefined,
    put: (revision, facts, wanted) => {
      kept = { revision, facts, wanted };
    },
    of: async (revision, facts) => {
      if (kept !== undefined && kept.facts === facts && sameRevision(kept.revision, revision)) {
        return kept.wanted;
      }
      const wanted = await deriveStored(store, revision, facts, reading());
      kept = { revision, facts, wanted };
      return wanted;
    },
    clear: () => {
      kept = undefined;
    },
  };
}

async function deriveStored(
  store: RevisionStore,
  revision: RevisionRef,
  facts: NodeFacts,
  reading: Reading,
): Promise<Wanted> {
  const stored = await store.load(revision);
  if (stored === undefined) {
    throw new AppError(
      'not-found',
      'its text is not on disk any more; send the configuration again',
    );
  }
  const derived = await derive(stored.text, facts, reading);
  if (derived.ok) return derived.wanted;
  const first =
    derived.issues.find(({ severity }) => severity === 'error')?.message ?? 'it has errors';
  throw new AppError('invalid-config', `it does not fit this node: ${first}`, {
    issues: derived.issues,
  });
}
