import { json, type HttpRequest, type Reply } from '../../runtime/http-server.ts';
import type { Agent } from '../app/agent.ts';

/** What shall be, of the accepted configuration. */
export async function getResources(agent: Agent, { headers }: HttpRequest): Promise<Reply> {
  const { resources, nodes } = agent.wanted()?.desired ?? { resources: [], nodes: [] };
  if (!(headers.accept ?? '').includes('application/yaml')) return json({ resources, nodes });
  const { renderDocuments } = await import('../../core/render/documents.ts');
  const desired = agent.wanted()?.desired;
  const body = desired === undefined ? '' : renderDocuments(desired, { for: 'calicoctl' });
  return { mediaType: 'application/yaml', body };
}

export function getPeers(agent: Agent): Reply {
  const node = agent.facts().name;
  const resolution = agent.wanted()?.resolution;
  if (resolution === undefined) return json({ node, peers: [] });
  const { asNumber, routeReflectorClusterId } = resolution;
  return json({
    node,
    ...(asNumber === undefined ? {} : { asNumber: asNumber.value }),
    ...(routeReflectorClusterId === undefined
      ? {}
      : { routeReflectorClusterId: routeReflectorClusterId.value }),
    peers: resolution.peers.map(({ address, port, asNumber: remote, reasons }) => ({
      address,
      ...(port === undefined ? {} : { port }),
      asNumber: remote,
      reasons,
      session: 'not-observed',
    })),
  });
}
