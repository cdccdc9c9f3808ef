/** The part of a whole plan that is not in a part of it. */
import { objectKey } from '../../calico/resource.ts';
import type { Desired } from '../../render/desired.ts';
import type { AnyChange, Step } from '../plan.ts';

/**
 * Changes and fields that `kept` does not make, under the titles of the whole plan. Steps without changes do not count.
 * @param meanwhile resources of the node until then, whose removal is no news
 */
export function withheldSteps(
  whole: readonly Step<AnyChange>[],
  kept: readonly Step<AnyChange>[],
  meanwhile: Desired['resources'],
): readonly Step<AnyChange>[] {
  const made = new Set([
    ...kept.flatMap(({ changes }) => changes.flatMap(keysOf)),
    ...meanwhile.map(({ resource }) => `delete ${objectKey(resource)}`),
  ]);
  return whole.flatMap((step) => {
    const changes = step.changes.flatMap((change) => leftOf(change, made));
    return changes.length === 0 ? [] : [{ ...step, gates: [], changes }];
  });
}

function leftOf(change: AnyChange, made: ReadonlySet<string>): readonly AnyChange[] {
  if (change.action !== 'patch-node')
    return keysOf(change).some((key) => made.has(key)) ? [] : [change];
  const fields = change.fields.filter((field) => !made.has(fieldKey(change.node, field)));
  return fields.length === 0 ? [] : [{ ...change, fields }];
}

type NodePatch = Extract<AnyChange, { readonly action: 'patch-node' }>;

function fieldKey(node: string, { path, after }: NodePatch['fields'][number]): string {
  return `Node ${node} ${path} ${JSON.stringify(after)}`;
}

function keysOf(change: AnyChange): readonly string[] {
  switch (change.action) {
    case 'create':
    case 'update':
      return [objectKey(change.resource)];
    case 'delete':
    case 'release':
      return [`${change.action} ${objectKey(change.before)}`];
    case 'patch-node':
      return change.fields.map((field) => fieldKey(change.node, field));
    case 'mount-bpffs':
    case 'edit-file':
      return [`file ${change.path}`];
    case 'restart-service':
      return [`restart ${change.service}`];
    case 'set-lxd-profile':
      return [`profile ${change.project} ${change.profile}`];
    case 'set-source-dest-check':
    case 'forget-interface':
      return [`interface ${change.interface}`];
    case 'apply-object':
    case 'delete-object':
    case 'rollout':
    case 'end-rollout':
    case 'delete-pods':
      return [];
  }
}
