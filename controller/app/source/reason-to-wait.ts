/** What the controller does not do with a followed file by itself, because a person should decide. */
import type { Revision } from '../../../core/revision/revision.ts';
import { shellWord } from '../../../core/shell-word.ts';
import type { WentBack } from './rollout-by-source.ts';

/** How a revision that the controller pushed from the source names its author. */
export const authorPrefix = 'source ';

export interface Situation {
  readonly file: string;
  /** The controller pushes it by itself. */
  readonly pushes: boolean;
  /** The controller proposes it by itself, because a configuration needs approvals. */
  readonly proposes?: boolean;
  /** The file of the strategy, where it comes by a rollout. */
  readonly strategy?: string;
  /** The rollout of the newest revision went back. */
  readonly back?: WentBack | undefined;
  /** The revision whose rollout went back, which made the newest one; undefined: it is not known. */
  readonly takenBack?: Revision | undefined;
  /** The content is the one of the last judgement. */
  readonly isUnchanged: boolean;
  /** It is the first content since the controller was started. */
  readonly isFirst: boolean;
  /** The newest revision is of a commit that the tree does not have. */
  readonly isOlder: boolean;
}

export interface Waits {
  readonly why: string;
  /** The controller has not begun with this tree: it does so once the tree has the commit. */
  readonly isBehind?: true;
}

/**
 * Why a person has to bring it; undefined: the controller pushes or proposes it. Proposals that
 * there are already are not looked at.
 */
export function reasonToWait(
  newest: Revision | undefined,
  digest: string,
  situation: Situation,
): Waits | undefined {
  const { file, pushes, proposes: needsApproval = false, strategy, takenBack, back } = situation;
  const { isUnchanged, isFirst, isOlder } = situation;
  const propose = `calico-controller propose ${shellWord(file)}`;
  if (newest?.decided === 'rolled-back' && newest.digest === digest) {
    const what =
      back === undefined
        ? `a person rolled this content back (revision ${String(newest.number)})`
        : `${wentBackText(back)}, with this content`;
    return {
      why: needsApproval
        ? `${what}; change the file, or propose it again: ${propose} --retry`
        : `${what}; calico-controller source --yes --retry brings it again`,
    };
  }
  if (!pushes && !needsApproval) {
    const does = strategy === undefined ? 'pushes it' : 'starts its rollout';
    return { why: `it differs from the newest revision; calico-controller source --yes ${does}` };
  }
  const again = needsApproval ? propose : 'calico-controller source --yes';
  // A later content than the one that went back is as new as it was without a restart.
  const isNewer = takenBack !== undefined && takenBack.digest !== digest && isOfSource(takenBack);
  const isOwn = newest === undefined || isOfSource(newest) || isNewer;
  // It is what it was when a newer one came, so it may be older than that.
  const isAsBegun = isFirst || isUnchanged;
  if (newest !== undefined && isAsBegun && isOwn && isOlder) {
    const does = needsApproval ? 'proposes' : doesNow(strategy);
    const why = `revision ${String(newest.number)} is of a commit that this tree does not have: it may be older; ${again} ${does} it all the same`;
    return { why, isBehind: true };
  }
  // A proposal changes nothing by itself, so it needs no second thought: it would be made after a
  // restart as well.
  const isRepeated = !needsApproval && takenBack?.digest === digest;
  const mayBring = needsApproval || (!isRepeated && (isFirst ? isOwn : !isUnchanged));
  if (newest === undefined || mayBring) return undefined;
  const goes = strategy === undefined ? 'push it' : 'roll it out';
  // Nodes may have rejected what went back.
  const retry = takenBackIn(newest) === undefined ? '' : ' --retry';
  const why = `${cameText(newest, back)}; change the file, or ${goes} as it is with ${again}${retry}`;
  return { why };
}

/** Pushed by the controller from the source, or applied from a proposal of the source. */
function isOfSource({ by }: Revision): boolean {
  return by.startsWith(authorPrefix) || /\(proposal \d+ by source /.test(by);
}

function doesNow(strategy: string | undefined): string {
  return strategy === undefined ? 'pushes' : 'rolls out';
}

function wentBackText({ revision, reason }: WentBack): string {
  const why = reason === undefined ? '' : ` (${reason})`;
  return `the rollout of revision ${String(revision)} went back${why}`;
}

function cameText(newest: Revision, back: WentBack | undefined): string {
  const number = String(newest.number);
  const takenBack = takenBackIn(newest);
  if (takenBack !== undefined)
    return `${wentBackText(back ?? { revision: takenBack })}, which made revision ${number}`;
  return isOfSource(newest)
    ? `revision ${number} is later, and of another content of the file (${newest.by})`
    : `${newest.by} pushed revision ${number} by hand`;
}

/** The revision whose rollout went back, which made this one; undefined: it came in another way. */
export function takenBackIn({ by }: Pick<Revision, 'by'>): number | undefined {
  const [, number] = /^rollout of revision (\d+), going back$/.exec(by) ?? [];
  return number === undefined ? undefined : Number(number);
}
