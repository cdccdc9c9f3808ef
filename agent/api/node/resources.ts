/** The desired resources of the accepted configuration. */
import { jsonInTurns, type Reply } from '../../../runtime/http/route.ts';
import { encodeInTurns } from '../../../runtime/pacing/large-text.ts';
import type { ReadingRoute, RouteContext } from '../routing/agent-route.ts';
import type { Readings } from '../../app/status/readings.ts';

export function resourcesRoute({ shared }: RouteContext): ReadingRoute {
  const documents = shared(({ readings }) => getResources(readings, 'yaml'));
  const desired = shared(({ readings }) => getResources(readings, 'json'));
  return {
    method: 'GET',
    path: '/v1/resources',
    access: 'read',
    handle: ({ headers }) =>
      (headers.accept ?? '').includes('application/yaml') ? documents() : desired(),
  };
}

async function getResources(readings: Readings, form: 'json' | 'yaml'): Promise<Reply> {
  const { resources, nodes } = readings.derived()?.desired ?? { resources: [], nodes: [] };
  if (form === 'json') return jsonInTurns({ resources, nodes });
  const { documentParts } = await import('../../../core/render/documents/documents.ts');
  const desired = readings.derived()?.desired;
  const body =
    desired === undefined ? '' : await encodeInTurns(documentParts(desired, { for: 'calicoctl' }));
  return { mediaType: 'application/yaml', body };
}
