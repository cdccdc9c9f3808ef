/** The configuration that describes what the datastore holds today. */
import type { ExportedConfig } from '../../../core/export/export-config.ts';
import { jsonInTurns, type HttpRequest, type Reply } from '../../../runtime/http/server.ts';
import type { ReadingRoute, RouteContext } from '../routing/agent-route.ts';

/** Reads the whole datastore, which not everybody on the machine may ask for. */
export function exportRoute({ shared }: RouteContext): ReadingRoute {
  const exported = shared(({ operations }) => operations.exportConfig());
  return {
    method: 'GET',
    path: '/v1/export',
    access: 'write',
    handle: async (request) => exportReply(await exported(), request),
  };
}

/** The text alone where YAML is asked for; else also what it could not express. */
async function exportReply(exported: ExportedConfig, { headers }: HttpRequest): Promise<Reply> {
  if (!(headers.accept ?? '').includes('application/yaml')) return jsonInTurns(exported);
  return { mediaType: 'application/yaml', body: exported.text };
}
