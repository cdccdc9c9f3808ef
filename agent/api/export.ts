import type { ExportedConfig } from '../../core/export/export-config.ts';
import { jsonInTurns, type HttpRequest, type Reply } from '../../runtime/http/server.ts';

/** Its text alone where YAML is asked for; else with what it could not say. */
export async function exportReply(
  exported: ExportedConfig,
  { headers }: HttpRequest,
): Promise<Reply> {
  if (!(headers.accept ?? '').includes('application/yaml')) return jsonInTurns(exported);
  return { mediaType: 'application/yaml', body: exported.text };
}
