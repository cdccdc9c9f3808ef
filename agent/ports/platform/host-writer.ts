/**
 * What the agent itself has no right to do on its machine. Judges each path and each service by the
 * lists of core/platform/.
 */
export interface HostWriter {
  /** Why nothing can be written; undefined: it can. Never rejects. */
  obstacle(): Promise<string | undefined>;
  /**
   * Writes a file so that it is always either old or completely new, with the owner, mode and
   * extended attributes that it has.
   * @param before the digest of the file as it was read
   * @throws AppError datastore-conflict (retryable) where the file is not as before by now, io-failed
   */
  write(path: string, before: string, text: string): Promise<void>;
  /** @throws AppError as write */
  remove(path: string, before: string): Promise<void>;
  /** Returns when the service runs again. @throws AppError io-failed where it does not come back */
  restart(service: string): Promise<void>;
}
