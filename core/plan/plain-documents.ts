import type { ResourceKind } from '../render/desired.ts';
import type { SurveyedCluster } from '../survey/surveyed-cluster.ts';
import { ourFields } from './diff/calico-defaults.ts';
import { objectKey } from '../calico/object-key.ts';

/** Objects that say nothing beside our fields: no password, no filter, no next hop mode. */
export function plainDocuments({
  documents,
}: Pick<SurveyedCluster, 'documents'>): ReadonlySet<string> {
  return new Set(documents.flatMap(keyIfPlain));
}

function keyIfPlain(document: unknown): readonly string[] {
  const { kind, metadata, spec } = record(document);
  const { name } = record(metadata);
  const known = kinds.find((one) => one === kind);
  if (known === undefined || typeof name !== 'string') return [];
  const said = Object.entries(record(spec)).filter(([, value]) => (value ?? null) !== null);
  const isPlain = said.every(([field]) => ourFields[known].includes(field));
  return isPlain ? [objectKey({ kind: known, metadata: { name } })] : [];
}

const kinds: readonly ResourceKind[] = ['BGPPeer', 'BGPConfiguration', 'IPPool'];

function record(value: unknown): Readonly<Partial<Record<string, unknown>>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
