/** A part of the support bundle. */
export interface SupportPart {
  /**
   * Path in the bundle, as `bird/bird.ctl.txt`. Its ending names the form: json, jsonl, yaml, txt.
   */
  readonly name: string;
  /** A description, for the list. */
  readonly what: string;
  /**
   * @throws where it cannot be read; the bundle then has the reason. @param signal aborted at the
   * deadline
   */
  read(signal: AbortSignal): Promise<string>;
  /** The part that stays of a too large text; for logs it is the end. Default: begin. */
  readonly keeps?: 'begin' | 'end';
}

/** The parts of this machine for the bundle, besides the daemon's answers. */
export interface SupportSources {
  readonly parts: readonly SupportPart[];
  /** Values of this agent's secrets, which are taken out of all texts. */
  readonly secrets: readonly string[];
}
