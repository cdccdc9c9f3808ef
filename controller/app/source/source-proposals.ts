/**
 * Proposes what is new in a followed file, where a configuration needs approvals. There is at most
 * one open proposal of the file: the newest content, for the newest revision.
 */
import { digestOf } from '../../../core/revision/digest.ts';
import { shellWord } from '../../../core/shell-word.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import type { Commit, SourceContent } from '../../ports/source-tree.ts';
import type { Action, AuditTrail, Details } from '../audit/audit-trail.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { commitDetails, proposalDetails } from '../proposals/audit-details.ts';
import type { ProposalView } from '../proposals/proposal-state.ts';
import type { Proposals } from '../proposals/proposals.ts';
import { takenBackIn } from './reason-to-wait.ts';
import { refusalOf } from './refusal-of.ts';

export interface SourceProposals {
  /**
   * What there is to say about this content without another proposal; undefined: nothing, as where
   * the strategy is another one than that of the proposal. Rejects where it cannot be read.
   */
  known(digest: string): Promise<string | undefined>;
  /** Proposes it, and withdraws earlier proposals of the file. @returns what it waits for */
  propose(content: SourceContent, commit: Commit | undefined): Promise<string>;
}

export interface SourceProposalDeps {
  readonly file: string;
  readonly proposals: Pick<Proposals, 'list' | 'content' | 'propose' | 'tryOut' | 'withdraw'>;
  readonly fleet: Pick<Fleet, 'revision'>;
  readonly trail: Pick<AuditTrail, 'run'>;
  /** The strategy of the settings; undefined: a proposal is pushed to all nodes at once. */
  readonly strategy: () => Promise<RolloutStrategy | undefined>;
  /** Its file, for hints. */
  readonly strategyFile?: string | undefined;
}

export function createSourceProposals({
  file,
  proposals,
  fleet,
  trail,
  strategy,
  strategyFile,
}: SourceProposalDeps): SourceProposals {
  const options = strategyFile === undefined ? '' : ` --strategy ${shellWord(strategyFile)}`;
  const again = `propose it again: calico-controller propose ${shellWord(file)}${options}`;
  // No person has a name with a space in it.
  const by = `source ${file}`.slice(0, 200);
  /** The last content that could not be proposed, and why. */
  let refused: { readonly text: string; readonly reason: string } | undefined;
  const own = (): readonly ProposalView[] => proposals.list().filter((one) => one.by === by);
  const audited = <T>(
    what: string,
    work: () => Promise<T>,
    of: (result: T) => Details,
    details: Details = {},
  ): Promise<T> => {
    const action: Action = { by, how: 'source', action: what, details };
    return trail.run(action, work, of);
  };
  const withdraw = async ({ id }: ProposalView, reason: string): Promise<void> => {
    await audited(
      'withdrawal by the source',
      () => proposals.withdraw(id, by, reason),
      (proposal) => ({ proposal: proposal.id }),
    );
  };
  return {
    known: async (digest) => {
      const same = proposals.list().filter((one) => one.digest === digest);
      const waiting = same.filter(({ state, outdated }) => state === 'open' && outdated !== true);
      const open = waiting.find((one) => one.by === by);
      if (open !== undefined && (await hasStrategy(open, await strategy(), proposals)))
        return waitsText(open);
      const other = waiting.find((one) => one.by !== by);
      if (other !== undefined) return otherText(other);
      if (open !== undefined) return undefined;
      const newest = fleet.revision();
      const ended = same.filter((one) => one.by === by);
      const rejected = ended.findLast(
        ({ state, base }) => state === 'rejected' && base.digest === newest?.digest,
      );
      if (rejected !== undefined) return rejectedText(rejected, again);
      const takenBack = newest && takenBackIn(newest);
      const applied = ended.find(({ closed }) => closed?.revision === takenBack);
      return takenBack === undefined || applied === undefined
        ? undefined
        : takenBackText(takenBack, applied, again);
    },
    propose: async (content, commit) => {
      const waves = await strategy();
      const about = commit && { author: commit.author, commit: commit.id };
      const given = { ...content, ...about, ...(waves && { strategy: waves }), by };
      const earlier = own().filter(({ state }) => state === 'open');
      // It needs no room of its own.
      const replaces = earlier.at(-1)?.id;
      if (refused?.text === content.text) {
        // The audit log has this refusal.
        const reason = await refusalOf(() => proposals.tryOut(given, replaces));
        if (reason?.text === refused.reason) throw reason.error;
      }
      const { proposal } = await audited(
        'proposal of the source',
        () => proposals.propose(given, replaces),
        ({ proposal: made }) => proposalDetails(made),
        { ...commitDetails(about ?? {}), ...(replaces !== undefined && { replaces }) },
      ).catch((error: unknown) => {
        refused = { text: content.text, reason: reasonOf(error) };
        throw error;
      });
      refused = undefined;
      for (const one of earlier.slice(0, -1)) {
        await withdraw(one, `proposal ${String(proposal.id)} is newer`);
      }
      return waitsText(proposal);
    },
  };
}

async function hasStrategy(
  { id }: ProposalView,
  strategy: RolloutStrategy | undefined,
  proposals: Pick<Proposals, 'content'>,
): Promise<boolean> {
  const content = await proposals.content(id);
  return digestOf(content?.strategy ?? null) === digestOf(strategy ?? null);
}

function waitsText({ id, counted, required, author }: ProposalView): string {
  const writer = author === undefined ? '' : `, by a person other than ${author}`;
  const number = String(id);
  return counted >= required
    ? `proposal ${number} is approved: calico-controller apply ${number}`
    : `proposal ${number} waits for approval${writer}: calico-controller proposal ${number}`;
}

function rejectedText({ id, closed }: ProposalView, again: string): string {
  const why = closed?.reason === undefined ? '' : `: ${closed.reason}`;
  return `${closed?.by ?? 'somebody'} rejected proposal ${String(id)} with this content${why}; change the file, or ${again}`;
}

function otherText({ id, by }: ProposalView): string {
  const number = String(id);
  return `proposal ${number} by ${by} has the same content, and waits: calico-controller proposal ${number}`;
}

function takenBackText(revision: number, { id }: ProposalView, again: string): string {
  return `the rollout of revision ${String(revision)} with this content (proposal ${String(id)}) went back; change the file, or ${again}`;
}
