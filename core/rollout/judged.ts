/** What a look at the nodes says about the stage that a rollout is at. */
export type Judged =
  | { readonly kind: 'working' }
  /** All nodes that are there have confirmed, as far as failures are allowed. */
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'failed'; readonly why: string; readonly decision?: Undecided };

/** What a person decides about who resumes the rollout after this failure, beside failed nodes. */
export interface Undecided {
  /** How many nodes have not confirmed in time, or are gone. Absent: none. */
  readonly late?: number;
  /** At a barrier: the names of the nodes that it did not wait for any longer. Absent: none. */
  readonly unprepared?: readonly string[];
}
