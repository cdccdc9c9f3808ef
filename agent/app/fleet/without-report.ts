/** Nodes that did not report in the last change of the fleet: the next change does not wait long for them. */
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StateStore } from '../state/agent-state.ts';

export interface WithoutReport {
  known(): readonly string[];
  /** Kept on disk where it differs. Nobody waits for it. */
  remember(nodes: readonly string[]): void;
}

export function createWithoutReport(
  state: Pick<StateStore, 'current' | 'change'>,
  logger: Pick<Logger, 'debug'>,
): WithoutReport {
  const known = (): readonly string[] => state.current().withoutReport ?? [];
  const isKnown = (nodes: readonly string[]): boolean =>
    JSON.stringify(known()) === JSON.stringify(nodes);
  const keep = (nodes: readonly string[]): Promise<void> =>
    state.change(({ withoutReport: _before, ...rest }) => {
      if (isKnown(nodes)) return { result: undefined };
      const withoutReport = nodes.length > 0 && { withoutReport: [...nodes] };
      return { state: { ...rest, ...withoutReport }, result: undefined };
    });
  return {
    known,
    remember: (nodes) => {
      if (isKnown(nodes)) return;
      void keep(nodes).catch((error: unknown) => {
        logger.debug('cannot keep which nodes did not report', { reason: reasonOf(error) });
      });
    },
  };
}
