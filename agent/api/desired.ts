import { jsonInTurns, type Reply } from '../../runtime/http/server.ts';
import { encodeInTurns } from '../../runtime/pacing/large-text.ts';
import type { Readings } from '../app/status/readings.ts';

/** The desired resources of the accepted configuration. */
export async function getResources(readings: Readings, form: 'json' | 'yaml'): Promise<Reply> {
  const { resources, nodes } = readings.derived()?.desired ?? { resources: [], nodes: [] };
  if (form === 'json') return jsonInTurns({ resources, nodes });
  const { documentParts } = await import('../../core/render/documents/documents.ts');
  const desired = readings.derived()?.desired;
  const body =
    desired === undefined ? '' : await encodeInTurns(documentParts(desired, { for: 'calicoctl' }));
  return { mediaType: 'application/yaml', body };
}
