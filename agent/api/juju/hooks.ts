/** The route of the charm's hooks; the code for it is loaded when the first hook asks. */
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';
import { maxConfigBytes } from '../request/config-body.ts';

/** The options, a native document among them, and what relations say. */
const hookBody = { maxBytes: 4 * maxConfigBytes, mediaTypes: ['application/json'] };

export function hookRoutes({ ready, jujuSettings, slots }: RouteContext): readonly AgentRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/hooks',
      access: 'write',
      audit: { none: 'the offers write their own' },
      body: hookBody,
      handle: async (request) => {
        const { postHook } = await import('./post-hook.ts');
        return postHook(await ready(), jujuSettings, request, slots);
      },
    },
  ];
}
