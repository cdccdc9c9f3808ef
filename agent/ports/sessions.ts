import type { BgpRoute } from '../../core/sessions/paths/bgp-route.ts';
import type { ObservedDaemon, Read } from '../../core/sessions/session.ts';

/** A source of this node's BGP sessions. */
export interface SessionsSource {
  /**
   * Asks every BGP daemon of this node once; empty: there is none. Never rejects: the answer has a
   * daemon that cannot be asked, with the reason.
   * @param signal aborted when the caller waits no more
   * @param need fresh: a person waits for the answer, or the agent decides by it, so it may cost a
   * write
   */
  observe(signal?: AbortSignal, need?: 'fresh'): Promise<readonly ObservedDaemon[]>;
  /**
   * The best routes that each daemon learnt by BGP. Never rejects; a large table is not read. Absent:
   * nobody tells.
   */
  readonly bgpRoutes?: (signal?: AbortSignal) => Promise<readonly Read<readonly BgpRoute[]>[]>;
}
