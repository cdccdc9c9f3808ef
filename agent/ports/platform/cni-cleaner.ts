/** The changes of the command `platform clean` on this machine, as root. */
export interface CniCleaner {
  /** As iptables-save prints them; undefined: it gives no answer. Never rejects. */
  rules(family: 'ipv4' | 'ipv6'): Promise<string | undefined>;
  /** @param input of iptables-restore, in one transaction; other rules stay @throws AppError io-failed */
  changeRules(family: 'ipv4' | 'ipv6', input: string): Promise<void>;
  /** @throws AppError io-failed */
  deleteLink(name: string): Promise<void>;
  /**
   * Gives a CNI configuration a name that no container runtime reads. The old name is free afterwards.
   * @returns the new path @throws AppError io-failed
   */
  setAside(file: string): Promise<string>;
}
