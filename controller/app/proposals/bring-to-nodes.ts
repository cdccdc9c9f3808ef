/** Applies a proposal: exactly what was approved, by a push or a rollout. */
import { AppError } from '../../../runtime/errors.ts';
import type { StoredProposal } from '../../../schemas/generated/proposal.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { applyWords, refuseNow } from '../push/check-start.ts';
import type { Push, PushOutcome } from '../push/push.ts';
import type { StartOutcome, StartRollout } from '../push/start-rollout.ts';
import { refuseWhileRunning } from '../rollout/refuse-while-running.ts';
import { countedApprovals, requireApprovals } from './approval-rules.ts';
import { requireBase } from './proposal-base.ts';
import type { ProposalRecords } from './proposal-records.ts';
import type { StateDeps } from './proposal-state.ts';
import { planOf, requestOf, wholeDigest, type ProposalContent } from './proposed-change.ts';

export interface ApplyDeps extends StateDeps {
  readonly fleet: Pick<Fleet, 'revision' | 'storedNumber' | 'records' | 'assigned'>;
  readonly records: Pick<ProposalRecords, 'content'>;
  readonly push: Push;
  readonly start: StartRollout;
}

/** @throws AppError approval-missing, base-changed, corrupt-file, and those of a push or a rollout */
export async function bringToNodes(
  proposal: StoredProposal,
  by: string,
  deps: ApplyDeps,
): Promise<PushOutcome | StartOutcome> {
  requireBase(proposal, deps);
  requireApprovals(proposal, deps.rules);
  const content = await contentOf(proposal, deps);
  requireWhole(proposal, content);
  const { kind: _kind, ...terms } = planOf(proposal);
  const { mediaType } = proposal;
  const request = {
    ...requestOf({ text: content.text, mediaType }, terms, appliedBy(proposal, by, deps)),
    proposal: proposal.id,
    requireBase: () => {
      requireBase(proposal, deps);
      requireApprovals(proposal, deps.rules);
      requireQuiet(proposal, deps);
    },
  };
  const { strategy } = content;
  if (strategy !== undefined) return deps.start({ ...request, strategy });
  return deps.push(request);
}

/**
 * What passes, and does not refuse it when it is proposed: another rollout, and for a rollout also a
 * push, and failed nodes. @throws AppError rollout-not-possible
 */
function requireQuiet(proposal: StoredProposal, { fleet, rollouts }: ApplyDeps): void {
  const { kind, supersede } = planOf(proposal);
  if (supersede === true) return;
  const before = rollouts.current();
  const words = applyWords(proposal.id);
  refuseWhileRunning(before, words);
  if (kind === 'rollout') refuseNow(rollouts.current()?.rollout, fleet, words);
}

/** @throws AppError corrupt-file */
export async function contentOf(
  { id, plan }: StoredProposal,
  { records }: Pick<ApplyDeps, 'records'>,
): Promise<ProposalContent> {
  const content = await records.content(id);
  const isWhole = (plan?.kind === 'rollout') === (content?.strategy !== undefined);
  if (content !== undefined && isWhole) return content;
  const message = `the text of proposal ${String(id)} cannot be read; propose it again from its file`;
  throw new AppError('corrupt-file', message);
}

/** @throws AppError corrupt-file where the store has another content than the one that was proposed */
export function requireWhole(proposal: StoredProposal, content: ProposalContent): void {
  const { id, whole } = proposal;
  if (whole === undefined || whole === wholeDigest(content, proposal)) return;
  throw new AppError(
    'corrupt-file',
    `proposal ${String(id)} is not what was proposed: its digest is another one; reject it, and propose it again from its file`,
  );
}

function appliedBy(
  proposal: StoredProposal,
  applier: string,
  { rules }: Pick<ApplyDeps, 'rules'>,
): string {
  const { id, by, author, commit } = proposal;
  const approvers = countedApprovals(proposal, rules)
    .map((one) => one.by)
    .join(', ');
  const approved = approvers === '' ? '' : `, approved by ${approvers}`;
  const from =
    commit === undefined ? '' : `, commit ${commit.slice(0, 12)} by ${author ?? 'somebody'}`;
  return `${applier} (proposal ${String(id)} by ${by}${from}${approved})`.slice(0, 256);
}
