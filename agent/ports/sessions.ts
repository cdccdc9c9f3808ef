import type { ObservedDaemon } from '../../core/sessions/session.ts';

/** Who knows the BGP sessions of this node. */
export interface SessionsSource {
  /**
   * Asks every BGP daemon of this node once; empty: there is none where one could be. Never rejects:
   * a daemon that cannot be asked is in the answer with the reason.
   * @param signal aborted: nobody waits any more
   * @param need fresh: somebody waits for the answer, or decides by it, and it may cost a write
   */
  observe(signal?: AbortSignal, need?: 'fresh'): Promise<readonly ObservedDaemon[]>;
}
