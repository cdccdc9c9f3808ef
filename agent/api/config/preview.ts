/** Routes for previews of a configuration: its issues, and its plan. */
import { AppError } from '../../../runtime/errors.ts';
import { json, jsonInTurns, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import type { Offers } from '../../app/offer/offers.ts';
import type { PlanOutcome } from '../../app/offer/preview.ts';
import { configBody } from '../request/config-body.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';

/** Reading a configuration is work for the agent, so not every user of the machine may send one. */
export function previewRoutes({ on, shared }: RouteContext): readonly AgentRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/check',
      access: 'write',
      audit: { none: 'changes nothing' },
      body: configBody,
      handle: on('offers', checkConfig),
    },
    {
      method: 'GET',
      path: '/v1/plan',
      access: 'read',
      handle: shared(({ offers }) => planAccepted(offers)),
    },
    {
      method: 'POST',
      path: '/v1/plan',
      access: 'write',
      audit: { none: 'changes nothing' },
      body: configBody,
      handle: on('offers', planConfig),
    },
  ];
}

async function checkConfig(offers: Offers, request: HttpRequest): Promise<Reply> {
  return json({ issues: await offers.check(request.body, { signal: request.signal }) });
}

/** Several clients share the plan, so it continues when one of them leaves. */
export async function planAccepted(offers: Offers): Promise<Reply> {
  return planReply(await offers.plan());
}

export async function planConfig(offers: Offers, request: HttpRequest): Promise<Reply> {
  return planReply(await offers.plan(request.body, { signal: request.signal }));
}

function planReply(outcome: PlanOutcome): Promise<Reply> {
  const { issues } = outcome;
  if (outcome.ok) return jsonInTurns({ plan: outcome.plan, issues });
  throw new AppError('invalid-config', 'cannot plan the configuration: it has errors', { issues });
}
