import type { KernelRoute } from '../../core/sessions/parse-kernel-routes.ts';
import type { Read } from '../../core/sessions/session.ts';

/** The routes of this host's kernel. */
export interface HostRoutes {
  /**
   * What BIRD installed in the main table, of both families. Never rejects.
   * @param signal aborted: nobody waits any more
   */
  birdRoutes(signal?: AbortSignal): Promise<Read<readonly KernelRoute[]>>;
}
