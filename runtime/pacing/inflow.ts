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

export function createInflow(limits: InflowLimits): Inflow {
  return new CountedInflow(limits);
}

/** A class, because a controller has thousands of them: their function is shared. */
class CountedInflow implements Inflow {
  readonly #limits: InflowLimits;
  #began = 0;
  #messages = 0;
  #bytes = 0;

  constructor(limits: InflowLimits) {
    this.#limits = limits;
  }

  take(length: number, now: number): boolean {
    const { withinMs, messages, bytes } = this.#limits;
    if (now - this.#began >= withinMs) {
      this.#began = now;
      this.#messages = 0;
      this.#bytes = 0;
    }
    this.#messages += 1;
    this.#bytes += length;
    return this.#messages <= messages && this.#bytes <= bytes;
  }
}
