import { jsonInTurns, type Reply } from '../../runtime/http/server.ts';
import { encodeInTurns } from '../../runtime/pacing/large-text.ts';
import type { Agent } from '../app/agent.ts';

/** What shall be, of the accepted configuration. */
export async function getResources(agent: Agent, form: 'json' | 'yaml'): Promise<Reply> {
  const { resources, nodes } = agent.derived()?.desired ?? { resources: [], nodes: [] };
  if (form === 'json') return jsonInTurns({ resources, nodes });
  const { documentParts } = await import('../../core/render/documents/documents.ts');
  const desired = agent.derived()?.desired;
  const body =
    desired === undefined ? '' : await encodeInTurns(documentParts(desired, { for: 'calicoctl' }));
  return { mediaType: 'application/yaml', body };
}
