/** What one server takes of those who talk to it. Every number has its line in docs/security.md. */
export interface ServingLimits {
  /** At once; one more takes the place of the one that does the least. */
  readonly connections: number;
  /** Requests of one connection that wait behind the one that is being answered. */
  readonly pipelined: number;
  /** Requests that are worked on at once, also of clients that went away meanwhile. */
  readonly requests: number;
  /** Of all bodies together, from their first byte until their request is answered. */
  readonly bodyBytes: number;
  /** Of all answers together that wait to be read. */
  readonly answerBytes: number;
  /** From the connection, or from the last answer, to the end of a request's head. */
  readonly headersMs: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  /** Of a connection between two requests. */
  readonly idleMs: number;
  /** How long a client may take to read an answer. */
  readonly answerMs: number;
}
