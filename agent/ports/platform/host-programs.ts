import type { HostLink } from '../../../core/platform/cni/parse-links.ts';

/** Answers of programs of this host about its platform. Each has a deadline; none rejects. */
export interface HostPrograms {
  /** The first line of `k3s --version`; undefined: k3s cannot be asked. */
  k3sVersion(): Promise<string | undefined>;
  /** The kernel's interfaces; undefined: it cannot be asked. */
  links(): Promise<readonly HostLink[] | undefined>;
  /** The table "filter" as iptables-save prints it; undefined: it cannot be read. */
  filterRules(family: 'ipv4' | 'ipv6'): Promise<string | undefined>;
}
