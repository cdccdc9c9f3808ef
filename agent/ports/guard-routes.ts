/** Copies of BIRD's routes in the kernel, while a change may take the routes themselves away. */

export interface GuardRoutes {
  /**
   * Reads the guard routes in the kernel, whichever process made them. @throws AppError when the
   * kernel cannot be asked
   */
  state(): Promise<GuardState>;
  /**
   * Why this agent can make no guard routes, found without changing anything; undefined: it can.
   */
  obstacle(): Promise<string | undefined>;
  /**
   * Copies BIRD's routes, and adds rules before that of the main table. Existing guard routes stay
   * and get the new deadline. Never rejects.
   * @param seconds time from now to the deadline
   */
  begin(seconds: number): Promise<GuardBegun>;
  /** Removes the copies for these destinations. @throws AppError */
  leaveOut(destinations: readonly string[]): Promise<void>;
  /** Removes all guard routes and their rules, if there are any. @throws AppError io-failed */
  end(): Promise<void>;
}

export type GuardState =
  | { readonly state: 'off' }
  | {
      readonly state: 'on';
      readonly tables: readonly number[];
      /** The priorities of the rules. */
      readonly priorities: readonly number[];
      /** Copies of both families. */
      readonly routes: number;
      /** Destinations without another route now, whose packets the guard routes carry. */
      readonly carrying: readonly string[];
      /** Seconds since they began; absent: not known. */
      readonly age?: number;
      /** Seconds to their deadline; 0 or less: it has passed. */
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
