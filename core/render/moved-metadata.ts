/**
 * The annotation into which calicoctl moves labels and annotations of crd.projectcalico.org objects
 * when it writes one.
 */
import type { Metadata } from '../calico/resource.ts';
import { jsonBounds } from '../input/bounds.ts';
import { jsonValue } from '../input/parse-json.ts';

export const movedAnnotation = 'projectcalico.org/metadata';

export interface MovedMetadata {
  readonly labels: Texts;
  readonly annotations: Texts;
}

type Texts = Readonly<Record<string, unknown>>;

/** The moved metadata; empty if the annotation is no object. Never throws. */
export function movedMetadata({ annotations }: Metadata): MovedMetadata {
  const moved = movedDocument(annotations);
  return { labels: asRecord(moved['labels']), annotations: asRecord(moved['annotations']) };
}

/** The annotations with the moved ones changed; calicoctl's other data there stays. */
export function withMoved(
  annotations: Readonly<Record<string, string>>,
  change: (moved: MovedMetadata) => MovedMetadata,
): Readonly<Record<string, string>> {
  const document = movedDocument(annotations);
  const before = {
    labels: asRecord(document['labels']),
    annotations: asRecord(document['annotations']),
  };
  const after = change(before);
  if (JSON.stringify(after) === JSON.stringify(before)) return annotations;
  return { ...annotations, [movedAnnotation]: JSON.stringify({ ...document, ...after }) };
}

function movedDocument(annotations: Metadata['annotations']): Texts {
  // Few objects have the annotation, and parsing an absent one would throw an exception each time.
  const text = annotations?.[movedAnnotation];
  return text === undefined ? {} : asRecord(jsonValue(text, jsonBounds.annotation));
}

function asRecord(value: unknown): Texts {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
