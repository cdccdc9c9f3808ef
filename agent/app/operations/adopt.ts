/** Adoption: the agent puts our marks on objects of others that mean the same as desired ones. */
import type { Derived } from '../../../core/deciding/question.ts';
import type { AdoptableObject } from '../../../core/plan/adopt/adoption.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import { isOwnShare } from '../derive/later-share.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';
import { refuseHeld, writeSteps, type OperationsDeps } from './operations-deps.ts';

export interface AdoptOperations {
  /** Objects of others that mean the same as desired ones. */
  adoptable(): Promise<readonly AdoptableObject[]>;
  /** Adopts the objects that `adoptable` returns. @throws AppError writer-lease-lost, held */
  adopt(): Promise<readonly AdoptableObject[]>;
}

export function createAdoption({
  connection,
  decider,
  reconciling,
  loop,
}: OperationsDeps): AdoptOperations {
  const adoptable = async (): Promise<readonly AdoptableObject[]> => {
    const { derived } = await accepted(reconciling);
    const survey = await connection.survey.survey();
    return decider.adoptable({ desired: desiredOf(derived), survey });
  };
  return {
    adoptable,
    adopt: () =>
      loop.between(async () => {
        await refuseHeld(reconciling);
        const [{ revision, derived }, found, { adoptionSteps }] = await Promise.all([
          accepted(reconciling),
          adoptable(),
          import('../../../core/plan/adopt/find-adoptable.ts'),
        ]);
        await writeSteps(reconciling, adoptionSteps(found, desiredOf(derived).covers), revision);
        // The next pass deletes the objects that ours replace, whatever the drift policy is.
        reconciling.policy.correction.ask();
        return found;
      }),
  };
}

/** An agent that leaves the cluster-wide resources to others does not adopt them either. */
function desiredOf(derived: Derived): Derived['desired'] {
  const { desired } = derived;
  if (!isOwnShare(derived)) return desired;
  return {
    ...desired,
    covers: desired.covers.filter(({ kind }) => kind === 'node'),
    resources: desired.resources.filter(({ scope }) => scope.kind === 'node'),
  };
}

async function accepted({
  records,
  derivedOf,
}: Reconciling): Promise<{ readonly revision: RevisionRef; readonly derived: Derived }> {
  const revision = records.state.current().accepted;
  if (revision !== undefined) return { revision, derived: await derivedOf(revision) };
  throw new AppError('not-found', 'no configuration was accepted yet: apply one first');
}
