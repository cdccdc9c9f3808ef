/** The helper's side: carries out or refuses a request. */
import type { GuardSettings } from '../../../core/guard/guard-settings.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { GuardAnswer } from '../../../schemas/generated/guard-answer.ts';
import type { GuardRequest } from '../../../schemas/generated/guard-request.ts';
import { isGuardRequest } from '../../../schemas/generated/guard-request.validator.js';
import type { GuardRoutes } from '../../ports/guard-routes.ts';

export interface GuardPolicy extends GuardSettings {
  readonly guard: 'auto' | 'never';
}

export interface HelperDeps {
  /** The administrator's policy, which the agent cannot change. @throws AppError */
  readonly policy: () => Promise<GuardPolicy>;
  /** Without settings the helper can only remove guard routes. */
  readonly routesWith: (settings?: GuardSettings) => GuardRoutes;
}

const maxWhy = 1000;

/** Never rejects. @param text a GuardRequest; it comes from a process that is not trusted */
export async function answerRequest(text: string, deps: HelperDeps): Promise<GuardAnswer> {
  const request = jsonValue(text, jsonBounds.guardRequest);
  if (!isGuardRequest(request)) return failed('this is not a request that the helper knows');
  try {
    return await carryOut(request, deps);
  } catch (error) {
    return failed(reasonOf(error));
  }
}

async function carryOut(request: GuardRequest, deps: HelperDeps): Promise<GuardAnswer> {
  switch (request.action) {
    case 'begin':
    case 'find-obstacle': {
      const { guard, ...settings } = await deps.policy();
      if (guard === 'never') return never('agent.yaml has changes.guard: never');
      const routes = deps.routesWith(settings);
      return request.action === 'begin' ? begin(routes, request.seconds) : findObstacle(routes);
    }
    case 'leave-out':
      await deps.routesWith().leaveOut(request.destinations);
      return { answer: 'done' };
    case 'end':
      await deps.routesWith().end();
      return { answer: 'done' };
  }
}

async function begin(routes: GuardRoutes, seconds: number): Promise<GuardAnswer> {
  const begun = await routes.begin(seconds);
  if (begun.guard === 'never') return never(begun.why);
  const { routes: copies, uncopied } = begun;
  return { answer: 'on', routes: copies, uncopied };
}

async function findObstacle(routes: GuardRoutes): Promise<GuardAnswer> {
  const why = await routes.obstacle();
  return why === undefined ? { answer: 'done' } : never(why);
}

function never(why: string): GuardAnswer {
  return { answer: 'never', why: why.slice(0, maxWhy) };
}

function failed(why: string): GuardAnswer {
  return { answer: 'failed', why: why.slice(0, maxWhy) };
}
