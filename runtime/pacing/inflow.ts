/**
 * Bounds the data that one side of a connection sends in a while; more than a correct program sends
 * ends it.
 */
export interface InflowLimits {
  readonly withinMs: number;
  readonly messages: number;
  readonly bytes: number;
}

export interface Inflow {
  /** Counts the bytes; false: they are too many. */
  take(bytes: number, now: number): boolean;
}

/**
 * An agent gathers its status for 100 ms, and a controller sends pushed configurations: some 200
 * messages in ten seconds at most.
 */
export const channelInflow: InflowLimits = {
  withinMs: 10_000,
  messages: 1000,
  bytes: 32 * 1024 * 1024,
};

export function createInflow({ withinMs, messages, bytes }: InflowLimits): Inflow {
  let began = 0;
  let seen = { messages: 0, bytes: 0 };
  return {
    take: (length, now) => {
      if (now - began >= withinMs) {
        began = now;
        seen = { messages: 0, bytes: 0 };
      }
      seen = { messages: seen.messages + 1, bytes: seen.bytes + length };
      return seen.messages <= messages && seen.bytes <= bytes;
    },
  };
}
