/**
 * The mark of an adopted object, which keeps its own name: the name that we would have given it.
 */
import type { CalicoResource } from '../calico/resource.ts';
import { movedMetadata } from './moved-metadata.ts';
import { standsForAnnotation } from './ownership.ts';

export function standsFor({ metadata }: Pick<CalicoResource, 'metadata'>): string | undefined {
  const name =
    metadata.annotations?.[standsForAnnotation] ??
    movedMetadata(metadata).annotations[standsForAnnotation];
  return typeof name === 'string' ? name : undefined;
}

export function standingFor<T extends CalicoResource>(resource: T, name: string): T {
  const { metadata } = resource;
  const annotations = { ...metadata.annotations, [standsForAnnotation]: name };
  return { ...resource, metadata: { ...metadata, annotations } };
}
