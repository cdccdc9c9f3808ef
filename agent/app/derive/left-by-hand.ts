/**
 * What a person has to do after the change of a node. It is planned only as long as the files differ, so the agent keeps
 * it: the revision is not in force before a person says that it is done.
 */
import type { Derived } from '../../../core/deciding/question.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import { placeOf, type LeftByHand } from '../../../core/platform/left-by-hand.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Records } from '../state/records.ts';
import { withoutDoneElsewhere } from '../state/state-changes.ts';
import type { DerivedOf } from './desired-cache.ts';

export interface LeftToPerson {
  /** The plan with what is left, planned now or kept from before; without what is done. */
  addTo(plan: AnyPlan, derived: Derived): Promise<AnyPlan>;
  /** The steps that are left to a person, done or not. @param plan as it was decided */
  askedOf(plan: AnyPlan, derived: Derived): Promise<AskedOfPerson>;
}

export interface AskedOfPerson {
  readonly places: readonly string[];
  /** The digest of the steps that are done once for the cluster; absent: there are none. */
  readonly once?: string;
}

export interface LeftToPersonDeps {
  readonly records: Pick<Records, 'state'>;
  readonly derivedOf: DerivedOf;
  /** Whether a person said that the steps with this digest are done: on this node, or once for the cluster. */
  readonly isDone: (digest: string) => boolean;
}

export function createLeftToPerson({
  records: { state },
  derivedOf,
  isDone,
}: LeftToPersonDeps): LeftToPerson {
  const kept = async (derived: Derived): Promise<LeftByHand | undefined> => {
    const { accepted, leftByHand } = state.current();
    if (leftByHand === undefined || accepted === undefined) return undefined;
    if (!sameRevision(leftByHand.revision, accepted)) return undefined;
    return (await derivedOf(accepted)) === derived ? leftByHand : undefined;
  };
  return {
    askedOf: async (plan, derived) => {
      const left = plan.leftByHand ?? (await kept(derived));
      const { placesByHand } = await import('../../../core/plan/wait-for-person.ts');
      const places = placesByHand({ ...plan, ...(left !== undefined && { leftByHand: left }) });
      return { places, ...(left?.once !== undefined && { once: left.once }) };
    },
    addTo: async ({ leftByHand: now, ...plan }, derived) => {
      const left = now ?? (await kept(derived));
      const { waitForPerson, withoutDone } = await import('../../../core/plan/wait-for-person.ts');
      const steps = withoutDone(plan.steps, isDone);
      const isOnceDone = left?.once !== undefined && isDone(left.once);
      const own = left?.steps.filter(({ isOnce }) => isOnce !== true || !isOnceDone) ?? [];
      if (left === undefined || own.length === 0 || isDone(left.digest)) return { ...plan, steps };
      const what = `a person has done this: ${own.map(({ title }) => title).join('; ')}`;
      const byHand = now === undefined ? [...(plan.byHand ?? []), ...own.map(bare)] : plan.byHand;
      return {
        ...plan,
        ...(byHand !== undefined && { byHand }),
        steps: [...steps, waitForPerson('Finish by hand', what, left)],
        leftByHand: left,
      };
    },
  };
}

function bare({ title, why, commands }: LeftByHand['steps'][number]): LeftByHand['steps'][number] {
  return { title, why, commands };
}

/** Forgets steps done by hand, so that an earlier configuration asks for them again. @throws AppError */
export async function forgetDoneByHand(
  { state }: Pick<Records, 'state'>,
  places: readonly string[] | undefined,
): Promise<void> {
  const done = state.current().doneByHand ?? [];
  if (places === undefined || done.every((one) => places.includes(placeOf(one)))) return;
  await state.change((current) => ({
    state: withoutDoneElsewhere(current, places),
    result: undefined,
  }));
}

/** Keeps what is left before the first write of the revision. @throws AppError */
export async function keepLeftByHand(
  { state }: Pick<Records, 'state'>,
  revision: RevisionRef,
  left: LeftByHand | undefined,
): Promise<void> {
  if (left === undefined || state.current().leftByHand?.digest === left.digest) return;
  const steps = left.steps.map((step) => ({ ...step, commands: [...step.commands] }));
  const { lineage, number, digest } = revision;
  const { once } = left;
  const kept = {
    revision: { lineage, number, digest },
    digest: left.digest,
    ...(once !== undefined && { once }),
    steps,
  };
  await state.change((current) => ({ state: { ...current, leftByHand: kept }, result: undefined }));
}
