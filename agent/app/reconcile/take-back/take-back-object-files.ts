import { hasErrors } from '../../../../core/issue.ts';
import { isFor } from '../../../../core/plan/target-of.ts';
import { planFiles } from '../../derive/plan-object-files.ts';
import type { Targets } from '../../apply/targets.ts';

/** Removes the files of objects that a first configuration made before it was rejected. @throws AppError */
export async function takeBackObjectFiles({
  targets: { objects },
}: {
  readonly targets: Pick<Targets, 'objects'>;
}): Promise<void> {
  if (objects === undefined) return;
  const { steps, issues } = await planFiles(objects, []);
  if (hasErrors(issues)) return;
  for (const change of steps.flatMap(({ changes }) => changes)) {
    if (isFor('cluster', change)) await objects.apply(change);
  }
}
