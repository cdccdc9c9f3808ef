/** Where calicoctl moves labels and annotations of crd.projectcalico.org objects, once it writes one. */
import type { Metadata } from '../calico/resource.ts';
import { jsonBounds } from '../input/bounds.ts';
import { jsonValue } from '../input/parse-json.ts';

export const movedAnnotation = 'projectcalico.org/metadata';

export interface MovedMetadata {
  readonly labels: Texts;
  readonly annotations: Texts;
}

type Texts = Readonly<Record<string, unknown>>;

/** Never throws, whatever the annotation holds: what is no object is empty. */
export function movedMetadata({ annotations }: Metadata): MovedMetadata {
  const moved = movedDocument(annotations);
  return { labels: asRecord(moved['labels']), annotations: asRecord(moved['annotations']) };
}

/** The annotations with the moved ones changed; whatever else calicoctl put there stays. */
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
  // Nearly no object has it, and parsing nothing costs an exception each.
  const text = annotations?.[movedAnnotation];
  return text === undefined ? {} : asRecord(jsonValue(text, jsonBounds.annotation));
}

function asRecord(value: unknown): Texts {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
