/** The route that exports the datastore's state as a configuration. */
import type { ExportedConfig } from '../../../core/export/export-config.ts';
import { jsonInTurns, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import type { ReadingRoute, RouteContext } from '../routing/agent-route.ts';

/** It reads the whole datastore, so not every user of the machine may ask for it. */
export function exportRoute({ shared }: RouteContext): ReadingRoute {
  const exported = shared(({ operations }) => operations.exportConfig());
  return {
    method: 'GET',
    path: '/v1/export',
    access: 'write',
    handle: async (request) => exportReply(await exported(), request),
  };
}

/** Only the text for a client that asks for YAML; else also the parts that it cannot express. */
async function exportReply(exported: ExportedConfig, { headers }: HttpRequest): Promise<Reply> {
  if (!(headers.accept ?? '').includes('application/yaml')) return jsonInTurns(exported);
  return { mediaType: 'application/yaml', body: exported.text };
}
