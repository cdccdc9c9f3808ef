/** The part of a document of Calico that a survey keeps: no labels and annotations of others. */
import { isMap, textMapAt, valueAt } from '../input/plain-data.ts';
import { movedAnnotation } from '../render/moved-metadata.ts';
import { managedByLabel, ourPrefix } from '../render/ownership.ts';

/** Pure. Shares its texts and its spec with the document, which is returned if it is no object. */
export function keptDocument(document: unknown): unknown {
  if (!isMap(document)) return document;
  const { apiVersion, kind, metadata, spec } = document;
  const labels = kept(metadata, 'labels', (name) => name === managedByLabel);
  const annotations = kept(
    metadata,
    'annotations',
    (name) => name.startsWith(ourPrefix) || name === movedAnnotation,
  );
  return {
    apiVersion,
    kind,
    metadata: isMap(metadata)
      ? { name: valueAt(metadata, 'name'), ...labels, ...annotations }
      : metadata,
    spec,
  };
}

function kept(
  metadata: unknown,
  part: 'labels' | 'annotations',
  isOurs: (name: string) => boolean,
): Readonly<Record<string, unknown>> {
  const ours = Object.entries(textMapAt(metadata, part)).filter(([name]) => isOurs(name));
  return ours.length === 0 ? {} : { [part]: Object.fromEntries(ours) };
}
