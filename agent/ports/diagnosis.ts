/** One line of `doctor`. */
export interface Finding {
  /** What was looked at: `datastore reachable`. */
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'failed';
  /** What was found, in one sentence. No secrets. */
  readonly message: string;
  /** How to mend it. */
  readonly hint?: string;
}

/** Looks at one part of the world and says how healthy it is; never throws. */
export interface Diagnosis {
  diagnose(): Promise<readonly Finding[]>;
}
