/**
 * Parses an object of a datastore into a resource for plans. Both of Calico's API groups have the
 * same specs. Sources: api/pkg/apis/projectcalico/v3/{bgppeer,bgpconfig,ippool}.go.
 */
import { withoutUndefined } from '../without-undefined.ts';
import { bgpConfigurationFields } from '../calico/bgp-configuration.ts';
import { bgpPeerFields } from '../calico/bgp-peer.ts';
import { readSpec, type ReadSpec } from '../calico/field.ts';
import { ipPoolFields } from '../calico/ip-pool.ts';
import {
  apiVersion,
  type CalicoResource,
  type Metadata,
  type ResourceKind,
} from '../calico/resource.ts';
import type { PlainMap } from '../input/plain-data.ts';

const apiVersions = ['projectcalico.org/v3', 'crd.projectcalico.org/v1'];

export type ParsedResource =
  | { readonly kind: 'resource'; readonly resource: CalicoResource }
  /** Another kind of object, or one with a field that we never write, as peerSelector. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'broken'; readonly message: string };

export function parseResource(data: unknown): ParsedResource {
  const document = asRecord(data);
  if (document === undefined) return { kind: 'foreign' };
  if (!isCalicoVersion(document['apiVersion'])) return { kind: 'foreign' };
  const read = specReaders.get(document['kind']);
  if (read === undefined) return { kind: 'foreign' };
  const metadata = parseMetadata(document['metadata']);
  if (typeof metadata === 'string') return { kind: 'broken', message: metadata };
  return read(metadata, asRecord(document['spec']) ?? {});
}

export function isCalicoVersion(version: unknown): boolean {
  return apiVersions.some((known) => known === version);
}

type SpecReader = (metadata: Metadata, spec: PlainMap) => ParsedResource;

/** A map, because the kind may be any text, such as "constructor". */
const specReaders: ReadonlyMap<unknown, SpecReader> = new Map<ResourceKind, SpecReader>([
  [
    'BGPPeer',
    (metadata, spec) =>
      withSpec(readSpec(bgpPeerFields, spec), (read) => {
        return { apiVersion, kind: 'BGPPeer', metadata, spec: read };
      }),
  ],
  [
    'BGPConfiguration',
    (metadata, spec) =>
      withSpec(readSpec(bgpConfigurationFields, spec), (read) => {
        return { apiVersion, kind: 'BGPConfiguration', metadata, spec: read };
      }),
  ],
  [
    'IPPool',
    (metadata, spec) =>
      withSpec(readSpec(ipPoolFields, spec), (read) => {
        return { apiVersion, kind: 'IPPool', metadata, spec: read };
      }),
  ],
]);

function withSpec<S>(read: ReadSpec<S>, resourceOf: (spec: S) => CalicoResource): ParsedResource {
  switch (read.kind) {
    case 'broken':
      return { kind: 'broken', message: `spec.${read.field} has the wrong type` };
    case 'incomplete':
      return { kind: 'foreign' };
    case 'spec':
      return { kind: 'resource', resource: resourceOf(read.spec) };
  }
}

function parseMetadata(data: unknown): Metadata | string {
  const metadata = asRecord(data);
  const name = metadata?.['name'];
  if (typeof name !== 'string' || name === '') return 'metadata.name is missing';
  const labels = parseTexts(metadata?.['labels']);
  const annotations = parseTexts(metadata?.['annotations']);
  if (labels === 'wrong' || annotations === 'wrong')
    return 'metadata has labels or annotations that are no texts';
  return { name, ...withoutUndefined({ labels, annotations }) };
}

function parseTexts(data: unknown): Record<string, string> | 'wrong' | undefined {
  if (data === undefined || data === null) return undefined;
  const record = asRecord(data);
  if (record === undefined) return 'wrong';
  const texts: [string, string][] = [];
  for (const [key, value] of Object.entries(record)) {
    if (typeof value !== 'string') return 'wrong';
    texts.push([key, value]);
  }
  return Object.fromEntries(texts);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value }
    : undefined;
}
