/** The route for the charm's hooks; the first request loads their code. */
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';
import { maxConfigBytes } from '../request/config-body.ts';

/** Enough for the options, which may hold a native document, and for the data of relations. */
const hookBody = { maxBytes: 4 * maxConfigBytes, mediaTypes: ['application/json'] };

export function hookRoutes({ ready, jujuSettings, slots }: RouteContext): readonly AgentRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/hooks',
      access: 'write',
      audit: { none: 'the offers write their own' },
      query: ['wait'],
      body: hookBody,
      handle: async (request) => {
        const { postHook } = await import('./post-hook.ts');
        return postHook(await ready(), jujuSettings, request, slots);
      },
    },
  ];
}
