import type { ReadingSettings, Derived } from '../../../core/deciding/question.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Decider } from '../../ports/decider.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import { shareOf } from './later-share.ts';

/** Derives a stored revision for this node. @throws AppError */
export type DerivedOf = (revision: RevisionRef) => Promise<Derived>;

/** Keeps the accepted revision as derived for this node, and forgets its text. */
export interface DerivedCache {
  current(revision: RevisionRef): Derived | undefined;
  put(revision: RevisionRef, facts: NodeFacts, derived: Derived): void;
  /** @throws AppError when the stored text is lost, or does not fit the node's facts */
  of(revision: RevisionRef, facts: NodeFacts): Promise<Derived>;
  /** As `of`, but does not replace the kept one. */
  try(revision: RevisionRef, facts: NodeFacts): Promise<Derived>;
  clear(): void;
}

export interface DerivedCacheDeps {
  readonly store: Pick<RevisionStore, 'load'>;
  readonly decider: Pick<Decider, 'decide'>;
  readonly reading: () => ReadingSettings;
}

export function createDerivedCache(deps: DerivedCacheDeps): DerivedCache {
  let kept: { revision: RevisionRef; facts: NodeFacts; derived: Derived } | undefined;
  return {
    current: (revision) =>
      kept !== undefined && sameRevision(kept.revision, revision) ? kept.derived : undefined,
    put: (revision, facts, derived) => {
      kept = { revision, facts, derived };
    },
    of: async (revision, facts) => {
      if (kept !== undefined && kept.facts === facts && sameRevision(kept.revision, revision)) {
        return kept.derived;
      }
      const derived = await decideStored(deps, revision, facts);
      kept = { revision, facts, derived };
      return derived;
    },
    try: (revision, facts) => decideStored(deps, revision, facts),
    clear: () => {
      kept = undefined;
    },
  };
}

async function decideStored(
  { store, decider, reading }: DerivedCacheDeps,
  revision: RevisionRef,
  facts: NodeFacts,
): Promise<Derived> {
  const stored = await store.load(revision);
  if (stored === undefined) {
    // Waiting may help: the next hook, or the controller, sends the text again.
    throw new AppError(
      'corrupt-file',
      'its stored text is damaged or missing; send the same configuration again',
      { retryable: true },
    );
  }
  const question = { text: stored.text, facts, reading: reading() };
  const decided = await decider.decide(question, { isUrgent: true });
  if (decided.ok) return shareOf(decided.derived, stored);
  const first =
    decided.issues.find(({ severity }) => severity === 'error')?.message ?? 'it has errors';
  throw new AppError('invalid-config', `it does not fit this node: ${first}`, {
    issues: decided.issues,
  });
}
