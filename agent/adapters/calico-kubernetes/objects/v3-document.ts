import { isMap, textAt, textMapAt, valueAt } from '../../../../core/input/plain-data.ts';
import { jsonBounds } from '../../../../core/input/bounds.ts';
import { jsonValue } from '../../../../core/input/parse-json.ts';
import { movedAnnotation } from '../../../../core/render/moved-metadata.ts';
import type { CalicoKind } from '../calico-api.ts';

/**
 * The object in the form of projectcalico.org/v3: metadata that calicoctl moved into an annotation
 * goes back to its place. Labels and annotations of the object itself win over those, as in Calico.
 */
export function documentOf(kind: CalicoKind, item: unknown): unknown {
  const metadata = valueAt(item, 'metadata');
  const { [movedAnnotation]: moved, ...annotations } = textMapAt(metadata, 'annotations');
  const document = isMap(item) ? item : {};
  const kept = isMap(metadata) ? metadata : {};
  const { managedFields: _managed, ...rest } = kept;
  const back = moved === undefined ? undefined : jsonValue(moved, jsonBounds.annotation);
  const labels = { ...textMapAt(back, 'labels'), ...textMapAt(metadata, 'labels') };
  const allAnnotations = { ...textMapAt(back, 'annotations'), ...annotations };
  const name = textAt(metadata, 'name') ?? '';
  const whole = { ...rest, name, labels, annotations: allAnnotations };
  return { ...document, apiVersion: 'projectcalico.org/v3', kind, metadata: whole };
}
