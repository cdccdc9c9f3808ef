/** Guard routes of an agent that may read the kernel's routes, and asks the helper to change them. */
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { GuardAnswer } from '../../../schemas/generated/guard-answer.ts';
import type { GuardBegun, GuardRoutes } from '../../ports/guard-routes.ts';
import type { AskHelper } from './ask-helper.ts';

/** The limit of one request (schemas/guard-request.schema.json). */
const maxDestinations = 5000;

/**
 * @param own reads without the helper, because an agent reads the state every few seconds while
 * there are guard routes
 */
export function createHelpedGuardRoutes(
  own: Pick<GuardRoutes, 'state'>,
  ask: AskHelper,
): GuardRoutes {
  return {
    state: own.state,
    obstacle: async () => {
      try {
        const answer = await ask({ action: 'find-obstacle' });
        return answer.answer === 'done' ? undefined : whyOf(answer);
      } catch (error) {
        return reasonOf(error);
      }
    },
    begin: async (seconds) => {
      try {
        return begunBy(await ask({ action: 'begin', seconds: Math.max(1, Math.ceil(seconds)) }));
      } catch (error) {
        return { guard: 'never', why: reasonOf(error) };
      }
    },
    leaveOut: async (destinations) => {
      for (let at = 0; at < destinations.length; at += maxDestinations) {
        const some = destinations.slice(at, at + maxDestinations);
        expectDone(await ask({ action: 'leave-out', destinations: some }));
      }
    },
    end: async () => expectDone(await ask({ action: 'end' })),
  };
}

function begunBy(answer: GuardAnswer): GuardBegun {
  if (answer.answer !== 'on') return { guard: 'never', why: whyOf(answer) };
  const { routes, uncopied } = answer;
  return { guard: 'on', routes, uncopied };
}

function expectDone(answer: GuardAnswer): void {
  if (answer.answer !== 'done') throw new AppError('io-failed', whyOf(answer));
}

function whyOf(answer: GuardAnswer): string {
  return 'why' in answer ? answer.why : 'the helper answered something else';
}
