/**
 * The revision for which a proposal counts: the newest one when it was made. People approve a
 * difference, so a proposal for another base has to be made again. The numbers that agents report
 * are no base: any of them could void approvals, and a restart would forget what they said.
 */
import { AppError } from '../../../runtime/errors.ts';
import type { StoredProposal } from '../../../schemas/generated/proposal.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Rollouts } from '../rollout/rollouts.ts';

export type ProposalBase = StoredProposal['base'];

export interface BaseDeps {
  readonly fleet: Pick<Fleet, 'revision' | 'storedNumber'>;
  readonly rollouts: Pick<Rollouts, 'current'>;
}

export function baseOf({ fleet, rollouts }: BaseDeps): ProposalBase {
  const newest = fleet.revision();
  return {
    number: firstNumber(fleet.storedNumber(), rollouts),
    ...(newest !== undefined && { digest: newest.digest }),
    ...(newest?.decided === 'rolled-back' && { rolledBack: true as const }),
  };
}

/**
 * A rollout of several waves ends with a second revision of the same content, which has the
 * cluster-wide resources, also where it goes back. It is no other base: proposals go on to count.
 */
function firstNumber(newest: number, rollouts: BaseDeps['rollouts']): number {
  const { target, share, back, backShare } = rollouts.current()?.rollout.revisions ?? {};
  if (back !== undefined && backShare === newest) return back;
  return target !== undefined && share === newest ? target : newest;
}

/**
 * The digests are compared as well: earlier controllers stored numbers that agents had reported,
 * and another revision may have got such a number since.
 */
export function sameBase(one: ProposalBase, other: ProposalBase): boolean {
  const isOther =
    one.digest !== undefined && other.digest !== undefined && one.digest !== other.digest;
  return one.number === other.number && one.rolledBack === other.rolledBack && !isOther;
}

export function isBase(base: ProposalBase, deps: BaseDeps): boolean {
  return sameBase(baseOf(deps), base);
}

/** @throws AppError base-changed */
export function requireBase({ id, base }: StoredProposal, deps: BaseDeps): void {
  if (isBase(base, deps)) return;
  const { number, rolledBack } = baseOf(deps);
  const before =
    base.number === 0 ? 'before the first revision' : `for revision ${String(base.number)}`;
  const state = rolledBack === true ? ', which was rolled back' : '';
  throw new AppError(
    'base-changed',
    `proposal ${String(id)} was made ${before}, and the newest is revision ${String(number)}${state} now; see what it would change now: calico-controller preview --proposal ${String(id)}, and propose it again: calico-controller propose --again ${String(id)}`,
  );
}
