/** How this node guards, for the status and for the other nodes. */
export type GuardView =
  | { readonly guard: 'off' }
  | {
      readonly guard: 'on';
      /** Copies; 0: there was nothing to copy. */
      readonly routes: number;
      /** Destinations that have no other route. */
      readonly carrying: number;
      /** RFC 3339, for people. */
      readonly until: string;
    }
  /** For the change that runs, or for any. */
  | { readonly guard: 'never'; readonly why: string };

export function neverBecause(why: string | undefined): GuardView {
  return why === undefined ? { guard: 'off' } : { guard: 'never', why };
}
