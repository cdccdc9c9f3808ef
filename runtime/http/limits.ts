/** The limits of one server. Each has its line in docs/security.md. */
export interface ServingLimits {
  /** Open connections; one more replaces the least active one. */
  readonly connections: number;
  /** Requests of one connection that wait behind the current one. */
  readonly pipelined: number;
  /** Requests in work at the same time, also of clients that went away meanwhile. */
  readonly requests: number;
  /** Bytes of all bodies together, from their first byte until their request is answered. */
  readonly bodyBytes: number;
  /**
   * Bytes of all large answers together that wait to be read; one that several clients read counts
   * once, and a larger one goes alone.
   */
  readonly answerBytes: number;
  /** Time for which a request waits for room for its answer. */
  readonly roomMs: number;
  /** Time from the connection, or from the last answer, to the end of a request's head. */
  readonly headersMs: number;
  /** Time from the first byte of a request to its last. */
  readonly requestMs: number;
  /** Time of a connection between two requests. */
  readonly idleMs: number;
  /** Time for a client to read an answer. */
  readonly answerMs: number;
}
