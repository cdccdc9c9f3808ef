/** How often an agent asks the datastore about the other nodes. */
import type { Clock } from '../../ports/clock.ts';
import type { Round } from './exchange-round.ts';

/**
 * For agents that only read the summary: all of them together ask 200 times a second in a fleet of any
 * size, and 250 times in one of 5,000 nodes. The agent that writes the next step for all nodes asks at
 * the usual pace, because the whole fleet waits for it.
 */
const msPerNode = 5;
const longestMs = 20_000;
/** After failures of the store in a row. */
const mostDoublings = 5;

export interface ExchangePace {
  /** Until the next reading of the summary, in ms. */
  pauseMs(round: Round): number;
  /** Until the next write of the report, in ms. */
  nextWriteMs(round: Round): number;
  /** Until the time of the next reading that is already set, in ms. */
  untilReadMs(round: Round): number;
}

/** @param everyMs the shortest pause that the store allows */
export function createExchangePace(
  everyMs: number,
  clock: Pick<Clock, 'elapsed' | 'random'>,
): ExchangePace {
  const leastMs = ({ failures }: Round): number =>
    Math.min(everyMs * 2 ** Math.min(failures, mostDoublings), longestMs);

  /** Between a half and one and a half of it, so that the agents do not ask together. */
  const spread = (ms: number): number => Math.ceil(ms * (0.5 + clock.random()));

  return {
    pauseMs: (round) => {
      const nodes = round.summary?.nodes ?? 0;
      const usual = round.writer === undefined ? nodes * msPerNode : nodes;
      const pause =
        round.report.isWriter === true ? leastMs(round) : Math.max(leastMs(round), usual);
      return spread(Math.min(pause, longestMs));
    },
    nextWriteMs: (round) => spread(leastMs(round)),
    untilReadMs: ({ readAtMs }) => {
      const left = readAtMs - clock.elapsed();
      return left > 0 ? left : spread(everyMs);
    },
  };
}
