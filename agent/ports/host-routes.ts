import type { KernelRoute } from '../../core/sessions/parse-kernel-routes.ts';
import type { Read } from '../../core/sessions/session.ts';

/** The routes of this host's kernel. */
export interface HostRoutes {
  /**
   * The routes that BIRD installed in the main table, of both families. Never rejects.
   * @param signal aborted when the caller waits no more
   */
  birdRoutes(signal?: AbortSignal): Promise<Read<readonly KernelRoute[]>>;
}
