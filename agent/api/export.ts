import type { ExportedConfig } from '../../core/export/export-config.ts';
import { json, type HttpRequest, type Reply } from '../../runtime/http-server.ts';

/** Its text alone where YAML is asked for; else with what it could not say. */
export function exportReply(exported: ExportedConfig, { headers }: HttpRequest): Reply {
  if (!(headers.accept ?? '').includes('application/yaml')) return json(exported);
  return { mediaType: 'application/yaml', body: exported.text };
}
