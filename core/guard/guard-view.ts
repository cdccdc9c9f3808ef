/** The guard routes of this node, for the status and for the other nodes. */
export type GuardView =
  | { readonly guard: 'off' }
  | {
      readonly guard: 'on';
      /** Number of copies; 0: there was no route to copy. */
      readonly routes: number;
      /** Number of destinations without another route. */
      readonly carrying: number;
      /** RFC 3339, for people. */
      readonly until: string;
    }
  /** No guard routes for the running change, or for any. */
  | { readonly guard: 'never'; readonly why: string };

export function neverBecause(why: string | undefined): GuardView {
  return why === undefined ? { guard: 'off' } : { guard: 'never', why };
}
