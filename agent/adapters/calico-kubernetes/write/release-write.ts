/**
 * Releases an object: removes our marks and our entries in managedFields, so that the fields that
 * we set stay. It is a merge patch, because server-side apply would remove every field that it
 * leaves out.
 */
import type { CalicoResource } from '../../../../core/calico/resource.ts';
import { released } from '../../../../core/render/ownership.ts';
import type { KeptObject } from '../objects/kept-object.ts';
import type { ResourceWrite } from './resource-write.ts';

export function releaseWrite(resource: CalicoResource, current: KeptObject): ResourceWrite {
  const { metadata } = released(resource);
  const others = current.managed.filter(({ isOurs }) => !isOurs).map(({ raw }) => raw);
  const body = {
    metadata: {
      resourceVersion: current.version,
      labels: changesOf(resource.metadata.labels, metadata.labels),
      annotations: changesOf(resource.metadata.annotations, metadata.annotations),
      // An empty list would leave them as they are. Source: apimachinery managedfields.
      managedFields: others.length === 0 ? [{}] : others,
    },
  };
  return { contentType: 'application/merge-patch+json', body, force: false };
}

type Texts = Readonly<Record<string, string>>;

function changesOf(before: Texts = {}, after: Texts = {}): Readonly<Record<string, string | null>> {
  const gone = Object.keys(before).filter((name) => after[name] === undefined);
  const changed = Object.entries(after).filter(([name, text]) => before[name] !== text);
  return Object.fromEntries([...gone.map((name) => [name, null] as const), ...changed]);
}
