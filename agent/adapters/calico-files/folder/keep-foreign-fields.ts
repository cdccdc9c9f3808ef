import { ourFields } from '../../../../core/calico/kinds.ts';
import { ourPrefix } from '../../../../core/render/ownership.ts';
import type { CalicoResource } from '../../../../core/calico/resource.ts';

/**
 * Keeps other fields that a person wrote into the same object, as a logSeverityScreen or a label.
 */
export function keepForeignFields<T extends CalicoResource>(resource: T, current: unknown): T {
  const { spec, metadata } = asRecord(current);
  const foreign = Object.entries(asRecord(spec)).filter(
    ([name]) => !ourFields[resource.kind].includes(name),
  );
  const { labels, annotations } = asRecord(metadata);
  return {
    ...resource,
    metadata: {
      ...resource.metadata,
      ...merged('labels', labels, resource.metadata.labels),
      ...merged('annotations', notOurs(annotations), resource.metadata.annotations),
    },
    spec: { ...Object.fromEntries(foreign), ...resource.spec },
  };
}

/** Removes our annotations: the desired ones replace all of them. */
function notOurs(annotations: unknown): unknown {
  const all = Object.entries(asRecord(annotations));
  return Object.fromEntries(all.filter(([name]) => !name.startsWith(ourPrefix)));
}

function merged(
  field: 'labels' | 'annotations',
  current: unknown,
  ours: Readonly<Record<string, string>> | undefined,
): { readonly [field: string]: Readonly<Record<string, unknown>> } {
  const all = { ...asRecord(current), ...ours };
  return Object.keys(all).length === 0 ? {} : { [field]: all };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
