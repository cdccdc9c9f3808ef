import type { Place } from '../../../core/issue.ts';
import type { FieldChange, LxdChange } from '../../../core/plan/plan.ts';

export type SetProfile = Extract<LxdChange, { readonly action: 'set-lxd-profile' }>;

/** The place in the configuration that asks for the change. */
export function placeOf(fields: readonly FieldChange[], path: string): Place {
  return fields.find((field) => field.path === path)?.reasons[0]?.place ?? { pointer: '' };
}
