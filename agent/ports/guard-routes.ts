/** Copies of BIRD's routes in the kernel, while a change may take the routes themselves away. */

export interface GuardRoutes {
  /** What stands, whoever put it there; only reads. @throws AppError when the kernel cannot be asked */
  state(): Promise<GuardState>;
  /** Why this agent can never guard, found without changing anything; undefined: it can. */
  obstacle(): Promise<string | undefined>;
  /**
   * Copies BIRD's routes and puts the rules before the main table's. A guard that stands keeps its
   * routes and gets the new deadline. Never rejects.
   * @param seconds from now, until it is over its deadline
   */
  begin(seconds: number): Promise<GuardBegun>;
  /** Takes out the copies of these destinations. @throws AppError */
  leaveOut(destinations: readonly string[]): Promise<void>;
  /** Takes away everything of a guard; where nothing is, it is content. @throws AppError io-failed */
  end(): Promise<void>;
}

export type GuardState =
  | { readonly state: 'off' }
  | {
      readonly state: 'on';
      readonly tables: readonly number[];
      /** Of the rules. */
      readonly priorities: readonly number[];
      /** Copies of both families. */
      readonly routes: number;
      /** Destinations that have no other route now, so that the guard carries their packets. */
      readonly carrying: readonly string[];
      /** Seconds since it began; absent: it does not say so. */
      readonly age?: number;
      /** Seconds to its deadline; 0 and less: over it. */
      readonly left: number;
    };

export type GuardBegun =
  | {
      readonly guard: 'on';
      /** 0: BIRD has no routes to other nodes, so the kernel got none. */
      readonly routes: number;
      /** Routes of BIRD that have no copy. */
      readonly uncopied: number;
    }
  | { readonly guard: 'never'; readonly why: string };
