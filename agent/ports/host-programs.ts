/** What programs of this host say about its platform. Each has a deadline; none rejects. */
export interface HostPrograms {
  /** What `k3s --version` prints first; undefined: it cannot be asked. */
  k3sVersion(): Promise<string | undefined>;
}
