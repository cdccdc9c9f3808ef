/** The route for the status, which the agent answers also while it starts, and under load. */
import { json, type Reply } from '../../../runtime/http/route.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { ReadingRoute, Served } from '../routing/agent-route.ts';

export function statusRoutes({ status }: Served): readonly ReadingRoute[] {
  return [
    {
      method: 'GET',
      path: '/v1/health',
      access: 'read',
      query: 'any',
      isCheap: true,
      handle: () => json({ status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/v1/status',
      access: 'read',
      isCheap: true,
      handle: statusReply(status),
    },
  ];
}

/** Clients ask for the status most often, so it becomes text only once per change. */
function statusReply(status: () => AgentStatus): () => Reply {
  let last: { readonly status: AgentStatus; readonly reply: Reply } | undefined;
  return () => {
    const current = status();
    if (last?.status !== current) last = { status: current, reply: json(current) };
    return last.reply;
  };
}
