/**
 * The deliveries to the agents of a fleet go through the same states. Here agents in the same state share one
 * object, and the next step is taken once for all of them: ten thousand acknowledgements of one revision make
 * one new delivery.
 */
import type { AckMessage } from '../../../schemas/generated/channel-message.ts';
import {
  deliverTarget,
  greetedBy,
  retarget,
  takeAck,
  type AnswerStep,
  type Delivery,
  type DeliveryStep,
  type Greeting,
  type Target,
} from './controller-delivery.ts';
import { sameRef } from '../messages.ts';

export interface DeliverySteps {
  greetedBy(delivery: Delivery, greeting: Greeting): Delivery;
  retarget(delivery: Delivery, target: Target): Delivery;
  deliverTarget(delivery: Delivery): DeliveryStep;
  takeAck(delivery: Delivery, ack: AckMessage): AnswerStep;
}

/** Each connection has deliveries of its own. */
export const ownDeliveries: DeliverySteps = { greetedBy, retarget, deliverTarget, takeAck };

/**
 * A delivery holds its configuration, which may be large. All deliveries are forgotten here when a newer
 * configuration comes, so that only that one and the one before it stay in memory.
 * @returns steps with the same results; connections that use the same ones share their deliveries
 */
export function sharedDeliveries(): DeliverySteps {
  let steps = rememberingSteps();
  let newest: number | undefined;
  return {
    greetedBy: (delivery, greeting) => steps.greetedBy(delivery, greeting),
    retarget: (delivery, target) => {
      const { number } = target.config;
      // Nothing holds a configuration before the first one, and agents that have greeted go on alike.
      if (newest !== undefined && number > newest) steps = rememberingSteps();
      newest = Math.max(newest ?? number, number);
      return steps.retarget(delivery, target);
    },
    deliverTarget: (delivery) => steps.deliverTarget(delivery),
    takeAck: (delivery, ack) => steps.takeAck(delivery, ack),
  };
}

function rememberingSteps(): DeliverySteps {
  const delivered = remembering(deliverTarget, () => true);
  return {
    greetedBy: remembering(greetedBy, isSameGreeting),
    retarget: remembering(retarget, isSameTarget),
    deliverTarget: (delivery) => delivered(delivery, undefined),
    takeAck: remembering(takeAck, isSameAck),
  };
}

/** The stages of two revisions that follow each other, with room for agents that are behind. */
const mostRemembered = 8;

interface Remembered<Input, Result> {
  readonly delivery: Delivery;
  readonly input: Input;
  readonly result: Result;
}

/** @returns the function, which gives the same result again for the same delivery and an equal input */
function remembering<Input, Result>(
  step: (delivery: Delivery, input: Input) => Result,
  isSame: (one: Input, other: Input) => boolean,
): (delivery: Delivery, input: Input) => Result {
  const recent: Remembered<Input, Result>[] = [];
  let oldest = 0;
  return (delivery, input) => {
    for (const one of recent) {
      if (one.delivery === delivery && isSame(one.input, input)) return one.result;
    }
    const result = step(delivery, input);
    recent[oldest] = { delivery, input, result };
    oldest = (oldest + 1) % mostRemembered;
    return result;
  };
}

function isSameGreeting(one: Greeting, other: Greeting): boolean {
  const hasRejected = one.rejected.length > 0 || other.rejected.length > 0;
  return !hasRejected && one.held === other.held && one.known === other.known;
}

function isSameTarget(one: Target, other: Target): boolean {
  return one.config === other.config && one.ref === other.ref;
}

function isSameAck(one: AckMessage, other: AckMessage): boolean {
  return one === other || (one.stage === other.stage && sameRef(one, other));
}
