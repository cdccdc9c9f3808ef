import type { HostLink } from '../../core/platform/cni/parse-links.ts';

/** What programs of this host say about its platform. Each has a deadline; none rejects. */
export interface HostPrograms {
  /** What `k3s --version` prints first; undefined: it cannot be asked. */
  k3sVersion(): Promise<string | undefined>;
  /** The kernel's interfaces; undefined: it cannot be asked. */
  links(): Promise<readonly HostLink[] | undefined>;
}
