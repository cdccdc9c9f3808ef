/**
 * Manifests of a K3s server on this machine. Only commands of root use it: the daemon and its helper
 * write none, because K3s applies everything in this folder with all rights.
 */
export interface K3sManifests {
  /** Names in the folder; undefined: there is no such folder. @throws AppError */
  list(folder: string): Promise<readonly string[] | undefined>;
  /** undefined: there is no such file. @throws AppError also where it is a link or too large */
  read(folder: string, name: string): Promise<string | undefined>;
  /**
   * Writes a file that is not there yet, for its owner only.
   * @returns false: somebody else made it meanwhile, and it is as it was @throws AppError
   */
  create(folder: string, name: string, text: string): Promise<boolean>;
  /** @returns false: the file no longer has the text `before`, and is as it was @throws AppError */
  replace(folder: string, name: string, before: string, text: string): Promise<boolean>;
}
