import { withoutUndefined } from '../../../without-undefined.ts';
import { usualRestarts, type RestartLimits } from '../../platform/restart-limits.ts';
import type { Located } from '../../yaml/located.ts';
import { fieldsOf, integerOf } from '../../yaml/read-values.ts';
import { readRestartWindow } from '../read-restart-window.ts';

export function readRestarts(node: Located | undefined): RestartLimits | undefined {
  if (node === undefined) return undefined;
  const fields = fieldsOf(node);
  return withoutUndefined({
    parallel: integerOf(fields.get('parallel'))?.value ?? usualRestarts.parallel,
    window: readRestartWindow(fields.get('window')),
  });
}
