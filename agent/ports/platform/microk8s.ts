/** The programs and files of MicroK8s on this machine that commands of a person change, as root. */
export interface MicroK8s {
  /** `microk8s kubectl …`. Never rejects. @param input what it reads from its standard input */
  kubectl(args: readonly string[], withinSeconds: number, input?: string): Promise<ProgramOutcome>;
  /** `microk8s …`, for what MicroK8s does itself. Never rejects. */
  run(args: readonly string[], withinSeconds: number): Promise<ProgramOutcome>;
  /** Keeps owner and mode. Refuses where the file is not `before` any more. @throws AppError */
  replaceManifest(before: string, after: string): Promise<void>;
  /** A copy beside cni.yaml; one with the same text is kept. @returns its path @throws AppError */
  keepManifest(text: string, version: string): Promise<string>;
  /** @param name of the file in var/lock @throws AppError */
  setLock(name: string): Promise<void>;
}

export interface ProgramOutcome {
  readonly ok: boolean;
  /**
   * What it printed, both streams: all of it, at most 16 MiB; of a failure the end, at most 64 KiB,
   * with the reason in its last line.
   */
  readonly output: string;
}
