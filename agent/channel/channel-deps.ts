/** The parts that the channel to the controller needs, and its usual times. */
import type { BackoffLimits } from '../../core/protocol/backoff.ts';
import { defaultLiveness, type LivenessLimits } from '../../core/protocol/liveness.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import type { ReportHealth } from '../app/health/adapter-health.ts';
import type { Clock } from '../ports/clock.ts';
import type { LostTextTiming } from './ask-for-lost-text.ts';
import { dial } from './dial.ts';
import type * as HelloModule from './hello.ts';

export interface ChannelDeps {
  readonly logger: Logger;
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** Called when `state()` has changed. */
  readonly onChange?: () => void;
  /** Absent: nobody wants to know how often dialling failed. */
  readonly health?: ReportHealth;
  readonly timing?: Partial<ChannelTiming>;
  /** Absent: the usual transport, over a WebSocket of this machine. */
  readonly transport?: ChannelTransport;
}

/** What tests replace where they simulate the network. */
export interface ChannelTransport {
  readonly dial: typeof dial;
  /** Makes the hello; loaded with its parsers when the agent dials. */
  readonly hello: () => Promise<Pick<typeof HelloModule, 'factsOf' | 'helloOf'>>;
}

export const usualTransport: ChannelTransport = { dial, hello: () => import('./hello.ts') };

export interface ChannelTiming {
  readonly liveness: LivenessLimits;
  readonly handshakeMs: number;
  /** Changes of the status within this time are sent as one. */
  readonly statusMs: number;
  /** How often the agent checks whether the controller is silent. */
  readonly tickMs: number;
  /** When the agent judges a configuration again that it refused for a reason that may pass. */
  readonly offerAgain: BackoffLimits;
  /** When the agent asks the controller for a text that this machine's disk lost. */
  readonly lostText: LostTextTiming;
}

export const defaultTiming: ChannelTiming = {
  liveness: defaultLiveness,
  handshakeMs: 15_000,
  statusMs: 100,
  tickMs: 5000,
  offerAgain: { baseMs: 1000, capMs: 60_000 },
  lostText: { patienceMs: 5000, everyMs: 60_000 },
};
