/** Reads the `cloud:` section of the native dialect. Leaves out everything that the schema refused. */
import type { CloudSettings } from '../../cloud/settings.ts';
import type { Located } from '../yaml/located.ts';
import { fieldsOf, oneOf } from '../yaml/read-values.ts';

export function readCloud(node: Located | undefined): CloudSettings | undefined {
  if (node?.kind !== 'map') return undefined;
  const fields = fieldsOf(node);
  const provider = oneOf(fields.get('provider'), ['aws'] as const);
  const check = oneOf(fields.get('sourceDestCheck'), ['disabled', 'enabled'] as const);
  if (provider === undefined || check === undefined) return undefined;
  return {
    provider: provider.value,
    sourceDestCheck: check.value,
    place: node.place,
    checkPlace: check.place,
  };
}
