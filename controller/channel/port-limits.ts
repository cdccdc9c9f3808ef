/** How many connections the port of the agents takes, at the leader and at controllers that stand by. */
export const agentsPortLimits = {
  maxAgents: 20_000,
  /** A whole fleet may be behind one address; a flood from one leaves room for the others. */
  maxPerAddress: 6000,
  /**
   * Connections that have not shown who they are. A whole fleet that comes back together, also behind one address,
   * is not taken for a flood.
   */
  maxStrangers: 6000,
};
