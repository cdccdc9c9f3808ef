/** The best route to a destination that BIRD learnt by BGP. */
export interface BgpRoute {
  /** A network, as BIRD writes it. */
  readonly destination: string;
  /** The numbers of its AS path, also those of sets; empty: it comes from this AS. */
  readonly asPath: readonly number[];
  readonly nextHop?: string;
}
