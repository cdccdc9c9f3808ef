/** Offers a configuration again after a refusal that may pass, as for a full disk. */
import { backoff, type BackoffLimits } from '../../core/protocol/backoff.ts';
import type { ConfigMessage } from '../../core/protocol/messages.ts';
import type { FollowedAgent } from '../app/agent.ts';
import { offerConfig, type Judged } from './offer-config.ts';

export interface OfferingDeps {
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly limits: BackoffLimits;
  /** Called with each refusal after which the configuration is offered again. */
  readonly retrying: (refused: Extract<Judged, { readonly type: 'refused' }>) => void;
}

/** One configuration of one connection. */
export interface Offering {
  /** The final answer; undefined: the connection ended before. Never rejects. */
  readonly judged: Promise<Judged | undefined>;
  /** Offers it no more: a newer configuration came, or the connection has ended. */
  callOff(why: 'superseded' | 'gone'): void;
}

const superseded = {
  code: 'superseded',
  message: 'a newer configuration came before it could be taken',
  issues: [],
};

export function offerUntilJudged(
  agent: FollowedAgent,
  config: ConfigMessage,
  { random, limits, retrying }: OfferingDeps,
): Offering {
  let over: 'superseded' | 'gone' | undefined;
  const isOver = (): boolean => over !== undefined;
  const lastWord = ({ ref }: Judged): Judged | undefined =>
    over === 'gone' ? undefined : { type: 'refused', ref, failure: superseded };
  let wake = (): void => undefined;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const offer = async (): Promise<Judged | undefined> => {
    for (let attempt = 0; ; attempt += 1) {
      const judged = await offerConfig(agent, config);
      if (judged.type !== 'refused' || judged.failure.retrying !== true) return judged;
      if (isOver()) return lastWord(judged);
      retrying(judged);
      await pause(backoff(attempt, limits, random()));
      if (isOver()) return lastWord(judged);
    }
  };
  return {
    judged: offer(),
    callOff: (why) => {
      over = why;
      wake();
    },
  };
}
