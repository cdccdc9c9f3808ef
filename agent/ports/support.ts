/** A part of the bundle that a person sends to those who help. */
export interface SupportPart {
  /** Path inside of the archive: `bird/bird.ctl.txt`. The end says the form: json, jsonl, yaml, txt. */
  readonly name: string;
  /** What it is, for the list. */
  readonly what: string;
  /** @throws where it cannot be read; the bundle then says why. @param signal aborted at the deadline */
  read(signal: AbortSignal): Promise<string>;
  /** Which end stays where there is too much: logs are worth most at their end. Default: begin. */
  readonly keeps?: 'begin' | 'end';
}

/** What of this machine goes into the bundle besides the daemon's answers. */
export interface SupportSources {
  readonly parts: readonly SupportPart[];
  /** Secrets of this agent, by their value: wherever they turn up, they are taken out. */
  readonly secrets: readonly string[];
}
