/** A step for a person, because the agent does not do it. */
export interface ManualStep {
  readonly title: string;
  readonly why: string;
  /** Lines that can be pasted into a root shell. */
  readonly commands: readonly string[];
  /** It comes before the files change and services restart; absent: after that. */
  readonly isBefore?: true;
  /** It is done once for the cluster; absent: on this node. */
  readonly isOnce?: true;
}
