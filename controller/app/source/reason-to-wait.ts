/** What the controller does not do with a followed file by itself, because a person should decide. */
import type { Revision } from '../../../core/revision/revision.ts';
import { shellWord } from '../../../core/shell-word.ts';

/** How a revision that the controller pushed from the source names its author. */
export const authorPrefix = 'source ';

export interface Situation {
  readonly file: string;
  /** The controller pushes it by itself. */
  readonly pushes: boolean;
  /** The controller proposes it by itself, because a configuration needs approvals. */
  readonly proposes?: boolean;
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
  { file, pushes, proposes: needsApproval = false, isUnchanged, isFirst, isOlder }: Situation,
): Waits | undefined {
  const propose = `calico-controller propose ${shellWord(file)}`;
  if (newest?.decided === 'rolled-back' && newest.digest === digest) {
    const what = `a person rolled this content back (revision ${String(newest.number)})`;
    return {
      why: needsApproval
        ? `${what}; change the file, or propose it again: ${propose} --retry`
        : `${what}; calico-controller source --yes --retry brings it again`,
    };
  }
  if (!pushes && !needsApproval) {
    return { why: 'it differs from the newest revision; calico-controller source --yes pushes it' };
  }
  const again = needsApproval ? propose : 'calico-controller source --yes';
  const isOwn = newest === undefined || isOfSource(newest);
  // It is what it was when a newer one came, so it may be older than that.
  const isAsBegun = isFirst || isUnchanged;
  if (newest !== undefined && isAsBegun && isOwn && isOlder) {
    const does = needsApproval ? 'proposes' : 'pushes';
    const why = `revision ${String(newest.number)} is of a commit that this tree does not have: it may be older; ${again} ${does} it all the same`;
    return { why, isBehind: true };
  }
  // A proposal changes nothing by itself, so it needs no second thought: it would be made after a
  // restart as well.
  const mayBring = needsApproval || (isFirst ? isOwn : !isUnchanged);
  if (newest === undefined || mayBring) return undefined;
  return { why: `${cameText(newest)}; change the file, or push it as it is with ${again}` };
}

/** Pushed by the controller from the source, or applied from a proposal of the source. */
function isOfSource({ by }: Revision): boolean {
  return by.startsWith(authorPrefix) || /\(proposal \d+ by source /.test(by);
}

function cameText(newest: Revision): string {
  const number = String(newest.number);
  const takenBack = takenBackIn(newest);
  if (takenBack !== undefined)
    return `the rollout of revision ${String(takenBack)} went back, which made revision ${number}`;
  return isOfSource(newest)
    ? `revision ${number} is later, and of another content of the file (${newest.by})`
    : `${newest.by} pushed revision ${number} by hand`;
}

/** The revision whose rollout went back, which made this one; undefined: it came in another way. */
export function takenBackIn({ by }: Pick<Revision, 'by'>): number | undefined {
  const [, number] = /^rollout of revision (\d+), going back$/.exec(by) ?? [];
  return number === undefined ? undefined : Number(number);
}
